"""Public codes say prefix, year and number and are read back only as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.codes import PublicCode, parse_code, public_code


def test_a_code_has_four_digits_or_more() -> None:
    assert public_code("YC", 2026, 42) == "YC-2026-0042"
    assert public_code("CSDL", 2026, 12345) == "CSDL-2026-12345"
    assert str(PublicCode("TK", 2026, 1)) == "TK-2026-0001"


@given(st.from_regex(r"[A-Z][A-Z0-9]{1,9}", fullmatch=True), st.integers(1000, 9999), st.integers(1, 999_999_999))
def test_a_code_is_read_back_as_written(prefix: str, year: int, number: int) -> None:
    assert parse_code(public_code(prefix, year, number)) == PublicCode(prefix, year, number)


@pytest.mark.parametrize(
    "text",
    ["", "YC-2026-42", "yc-2026-0042", "YC-2026-00042", "YC-26-0042", "YC-2026-0042 ", "Y-2026-0042", "YC-2026-0000",
     "YC-2026-٠٠٤٢", "YC-2026-0042\n"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a public code"):
        parse_code(text)


@pytest.mark.parametrize(
    ("prefix", "year", "number"), [("yc", 2026, 1), ("YC", 26, 1), ("YC", 2026, 0), ("YC", 2026, -1)]
)
def test_bad_parts_make_no_code(prefix: str, year: int, number: int) -> None:
    with pytest.raises(ValueError):
        public_code(prefix, year, number)
