"""Refusals say what and how to mend it; actors hold roles; a clock is asked only at a door."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nganam.kernel import errors
from nganam.kernel.actors import VISITOR, Actor, Kind, Role, system
from nganam.kernel.clock import FixedClock, SystemClock, local_date

AT = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


def test_every_error_has_a_code_a_status_and_a_title() -> None:
    kinds: list[type[errors.NganamError]] = [
        errors.Invalid,
        errors.NotFound,
        errors.NotAllowed,
        errors.RuleBroken,
        errors.StateMoved,
        errors.Unavailable,
    ]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {kind.status for kind in kinds} == {422, 404, 403, 409, 503}
    assert all(kind.title and issubclass(kind, errors.NganamError) for kind in kinds)


def test_a_refusal_carries_its_hint_and_details() -> None:
    error = errors.NotFound("Không tìm thấy yêu cầu.", hint="Kiểm tra lại mã.", details={"code": "YC-2026-0042"})
    assert (error.message, error.hint, error.details) == (
        "Không tìm thấy yêu cầu.", "Kiểm tra lại mã.", {"code": "YC-2026-0042"},
    )  # fmt: skip
    assert str(errors.NotAllowed("Không được.")) == "Không được."


def test_invalid_names_fields() -> None:
    assert errors.Invalid("Thiếu.", fields={"purpose": ("Cần điền.",)}).fields == {"purpose": ["Cần điền."]}
    assert errors.Invalid("Thiếu.").fields == {}


def test_a_broken_rule_names_its_article() -> None:
    assert errors.RuleBroken("Thiếu căn cứ.", article="N194.16").article == "N194.16"


def test_a_moved_state_says_who_and_when() -> None:
    error = errors.StateMoved("Đã chuyển.", state="granted", by="Lan", at=AT)
    assert error.details == {"state": "granted", "by": "Lan", "at": "2026-11-24T17:30:00+00:00"}
    assert errors.StateMoved("Đã chuyển.", state="granted").details["at"] is None


def test_an_actor_has_roles() -> None:
    lan = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL}))
    assert lan.is_person
    assert lan.has(Role.FOCAL, Role.LEAD)
    assert not lan.has(Role.CHAIRMAN)
    assert not VISITOR.has(*Role)
    assert not VISITOR.is_person


def test_the_platform_itself_is_an_actor() -> None:
    assert system("worker") == Actor(Kind.SYSTEM, "worker", "Hệ thống")


def test_a_fixed_clock_stands_still() -> None:
    clock = FixedClock(AT)
    assert clock.now() == clock.now() == AT


def test_the_systems_clock_tells_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)


def test_the_local_date_is_vietnams() -> None:
    assert local_date(AT) == date(2026, 11, 25)
    assert local_date(AT - timedelta(hours=1)) == date(2026, 11, 24)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        local_date(datetime(2026, 11, 24))
