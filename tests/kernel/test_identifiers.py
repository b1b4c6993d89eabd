"""Identifiers are known by their form, and made-up ones belong to nobody."""

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel import identifiers as ids

CHECKS: dict[str, Callable[[str], bool]] = {
    "cccd": ids.is_cccd, "tax_code": ids.is_tax_code, "phone": ids.is_phone, "health_card": ids.is_health_card,
    "plate": ids.is_plate,
}  # fmt: skip


def vectors() -> list[tuple[str, str, bool]]:
    with (Path(__file__).parent / "data" / "identifiers.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["kind"], row["value"], row["valid"] == "1") for row in csv.DictReader(stream)]


@pytest.mark.parametrize(("kind", "value", "valid"), vectors())
def test_each_vector_is_judged_right(kind: str, value: str, valid: bool) -> None:
    assert CHECKS[kind](value) is valid


def test_there_are_vectors_of_each_kind_right_and_wrong() -> None:
    assert {(kind, valid) for kind, _, valid in vectors()} == {
        (kind, valid) for kind in CHECKS for valid in (True, False)
    }


@given(st.text(max_size=20))
def test_no_text_breaks_a_check(text: str) -> None:
    for check in (
        *CHECKS.values(),
        ids.is_social_insurance_number,
        ids.is_agency_code_qcvn102,
        ids.is_agency_code_qd20,
    ):
        assert check(text) in {True, False}


def test_a_personal_identifier_says_province_sex_and_year() -> None:
    assert ids.parse_cccd("094385073248") == ids.Citizen("094", "female", 2085)
    assert ids.parse_cccd("092099000001") == ids.Citizen("092", "male", 1999)
    with pytest.raises(ValueError, match="personal identifier"):
        ids.parse_cccd("003299123456")


def test_the_check_digit_of_the_circulars_example() -> None:
    assert ids.tax_check_digit("010004751") == 6
    with pytest.raises(ValueError, match="skipped"):
        ids.tax_check_digit("000000012")


def test_a_remainder_of_ten_gives_zero() -> None:
    found = next(number for number in range(990_000_000, 990_001_000) if _remainder(number) == 10)
    assert ids.tax_check_digit(str(found)) == 0
    assert ids.is_tax_code(f"{found}0")


def _remainder(number: int) -> int:
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    return sum(int(digit) * weight for digit, weight in zip(str(number), weights, strict=True)) % 11


@given(st.integers(0, 999_999_999), st.integers(0, 8), st.integers(1, 9))
def test_changing_one_digit_never_keeps_a_tax_code_right(number: int, place: int, change: int) -> None:
    digits = f"{number:09d}"
    if _remainder_of(digits) in {0, 10}:
        return
    other = f"{digits[:place]}{(int(digits[place]) + change) % 10}{digits[place + 1 :]}"
    if _remainder_of(other) in {0, 10}:
        return
    assert not ids.is_tax_code(f"{other}{ids.tax_check_digit(digits)}")


def _remainder_of(digits: str) -> int:
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11


def test_insurance_numbers_are_ten_digits() -> None:
    assert ids.is_social_insurance_number("9412345678")
    assert not ids.is_social_insurance_number("941234567")
    assert not ids.is_social_insurance_number("٩٤١٢٣٤٥٦٧٨")


def test_one_number_has_one_national_form() -> None:
    written = ["0950 123 456", "+84950123456", "84.950.123.456", "(095) 0123456"]
    assert {ids.national_number(one) for one in written} == {"950123456"}
    assert ids.national_number("khong") == ""


@pytest.mark.parametrize("code", ["000.00.00.H51", "000.18.29.H51"])
def test_old_agency_codes_have_the_lowest_level_first(code: str) -> None:
    assert ids.is_agency_code_qcvn102(code)
    assert not ids.is_agency_code_qd20(code)


@pytest.mark.parametrize("code", ["H51", "H51.29", "H51.29.18", "G01.A2.B"])
def test_new_agency_codes_have_level_one_first(code: str) -> None:
    assert ids.is_agency_code_qd20(code)
    assert not ids.is_agency_code_qcvn102(code)


@pytest.mark.parametrize("code", ["", "51", "H5", "h51", "H51.", "H51..1", "H51.a", "H51." + "1" * 32, "00.00.00.H51"])
def test_other_codes_are_of_neither_kind(code: str) -> None:
    assert not ids.is_agency_code_qd20(code)
    assert not ids.is_agency_code_qcvn102(code)


def test_an_old_code_turns_into_the_new_order() -> None:
    assert ids.qcvn102_to_qd20("000.18.29.H51") == "H51.29.18"
    assert ids.qcvn102_to_qd20("000.00.29.H51") == "H51.29"
    assert ids.qcvn102_to_qd20("000.00.00.H51") == "H51"
    with pytest.raises(ValueError, match="QCVN"):
        ids.qcvn102_to_qd20("H51.29")


@given(st.integers(), st.sampled_from(["094", "092", "093"]), st.sampled_from(["male", "female"]))
def test_made_up_people_are_well_formed_and_not_born_yet(seed: int, province: str, sex: str) -> None:
    value = ids.synthetic_cccd(Random(seed), province, sex)
    citizen = ids.parse_cccd(value)
    assert (citizen.province, citizen.sex) == (province, sex)
    assert ids.is_synthetic_cccd(value)


def test_a_living_persons_number_is_not_taken_for_a_made_up_one() -> None:
    assert not ids.is_synthetic_cccd("094099000001")
    assert not ids.is_synthetic_cccd("khong phai so")


def test_people_are_not_made_up_in_provinces_without_a_code() -> None:
    with pytest.raises(ValueError, match="province"):
        ids.synthetic_cccd(Random(1), "003")


@given(st.integers())
def test_made_up_numbers_pass_their_checks(seed: int) -> None:
    random = Random(seed)
    assert ids.is_tax_code(ids.synthetic_tax_code(random))
    assert ids.is_phone(ids.synthetic_phone(random))
    assert ids.is_health_card(ids.synthetic_health_card(random))


def test_a_number_that_is_never_issued_is_drawn_again() -> None:
    class Drawer(Random):
        drawn = [next(n for n in range(1000) if _remainder(990_000_000 + n) == 0), 8]

        def randrange(self, *_args: object, **_kwargs: object) -> int:
            return self.drawn.pop(0)

    assert ids.synthetic_tax_code(Drawer()).startswith("990000008")


def test_a_seed_makes_the_same_people() -> None:
    assert ids.synthetic_cccd(Random(7)) == ids.synthetic_cccd(Random(7))
