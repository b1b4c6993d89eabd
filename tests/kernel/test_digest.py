"""The same facts always have the same digest, and what cannot be said exactly is refused."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.clock import VIETNAM
from nganam.kernel.digest import canonical_json, file_sha256, keyed_sha256, sha256_hex

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Colour(StrEnum):
    RED = "đỏ"


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical_json({"b": [1, (2.5, None)], "a": "Ngã Năm", "c": True}) == (
        '{"a":"Ngã Năm","b":[1,[2.5,null]],"c":true}'.encode()
    )


def test_instants_are_utc_and_dates_are_dates() -> None:
    at = datetime(2026, 11, 24, 8, 30, tzinfo=VIETNAM)
    assert canonical_json([at, at.astimezone(UTC), date(2026, 11, 24)]) == (
        b'["2026-11-24T01:30:00.000000Z","2026-11-24T01:30:00.000000Z","2026-11-24"]'
    )


def test_decimals_identifiers_and_words_are_strings() -> None:
    identifier = UUID(int=5)
    assert canonical_json([Decimal("1.50"), identifier, Colour.RED]) == f'["1.50","{identifier}","đỏ"]'.encode()
    assert canonical_json(MappingProxyType({Colour.RED: 1})) == '{"đỏ":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1), "\ud800"])
def test_what_has_no_one_meaning_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical_json({"a": [value]})


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), {1: "a"}, {None: "a"}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="canonical JSON"):
        canonical_json(value)


@given(VALUES.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_reading_back_and_writing_again_gives_the_same_bytes(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@given(st.dictionaries(st.text(alphabet="abcđ", min_size=1), st.integers(), max_size=6))
def test_the_order_of_writing_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-12, 14))
def test_the_zone_does_not_matter(at: datetime, hours: int) -> None:
    if datetime(1, 1, 3, tzinfo=UTC) < at < datetime(9999, 12, 29, tzinfo=UTC):
        assert canonical_json(at.astimezone(timezone(timedelta(hours=hours)))) == canonical_json(at)


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(b"Nga Nam" * 100_000)
    assert file_sha256(path) == sha256_hex(path.read_bytes())
    path.write_bytes(b"")
    assert file_sha256(path) == sha256_hex(b"") == EMPTY


def test_a_keyed_digest_is_that_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keyed_sha256("Jefe", "what do ya want for nothing?") == expected
    assert keyed_sha256("jefe", "what do ya want for nothing?") != expected
