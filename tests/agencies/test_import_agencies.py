"""The real lists are imported; again they change nothing; a faulty row is named and nothing is written."""

import csv
from datetime import date
from pathlib import Path

import pytest

import nganam.demo
from nganam.agencies import queries
from nganam.agencies.imports import import_agencies
from nganam.agencies.models import AdminUnit, Agency, Succession
from nganam.audit.models import Entry
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed

FOLDER = Path(nganam.demo.__file__).parent / "data"
SYSTEM = system("test")


def rows(name):
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def import_all(at, **changes):
    lists = {
        "rows": rows("co-quan/co_quan.csv"),
        "successions": rows("co-quan/ke_tuc.csv"),
        "units": rows("hanh-chinh/don_vi.csv"),
        "unit_successions": rows("hanh-chinh/anh_xa.csv"),
        "duties": rows("co-quan/nhiem_vu.csv"),
    }
    return import_agencies(**(lists | changes), actor=SYSTEM, at=at)


@pytest.mark.law("S2.1")
def test_the_province_of_2022_to_2025_and_its_successors_are_there_after_import(db, at):
    import_all(at)

    before, after = date(2024, 1, 1), date(2026, 11, 24)
    assert queries.agencies_on(before).filter(kind="district").count() == 11
    assert queries.agencies_on(after).filter(kind="district").count() == 0
    assert len(queries.unit_codes_on(before, province_code="94")) == 109
    assert len(queries.unit_codes_on(date(2025, 1, 1), province_code="94")) == 108
    assert [one.code for one in queries.current_successors("ST-STTTT", after)] == ["CT-SKHCN"]
    assert queries.lead_agency(before).code == "ST-STTTT"
    assert queries.lead_agency(date(2025, 3, 1)).code == "ST-SKHCN"
    assert queries.lead_agency(after).code == "CT-SKHCN"


@pytest.mark.law("D9")
def test_a_code_given_again_means_another_unit_on_another_day(db, at):
    import_all(at)

    assert queries.unit_names(["31522"], date(2024, 1, 1)) == {"31522": "Phường 9"}
    assert queries.unit_names(["31522"], date(2025, 1, 1)) == {"31522": "Phường 1"}
    assert queries.unit_names(["31507"]) == {"31507": "Phường Sóc Trăng"}
    assert [one.name for one in queries.unit_successors("31498", date(2025, 7, 1))] == ["Phường Sóc Trăng"]


def test_importing_the_same_lists_again_changes_and_records_nothing(db, at):
    first = import_all(at)
    entries = Entry.objects.count()

    again = import_all(at)

    assert first.added["agencies"] == Agency.objects.count() > 200
    assert first.added["successions"] == Succession.objects.count()
    assert not again.anything
    assert Entry.objects.count() == entries


def test_a_changed_row_is_updated_in_place(db, at):
    import_all(at)
    changed = rows("co-quan/co_quan.csv")
    next(one for one in changed if one["code"] == "CT-SYT")["short_name"] = "Sở Y tế CT"

    again = import_all(at, rows=changed)

    assert again.changed["agencies"] == 1
    assert queries.agency("CT-SYT").short_name == "Sở Y tế CT"


def test_a_faulty_row_is_named_and_leaves_nothing_half_done(db, at):
    units = rows("hanh-chinh/don_vi.csv")
    units[20]["valid_from"] = "01/01/2022"

    with pytest.raises(Invalid, match=r"dòng 22.*01/01/2022"):
        import_all(at, units=units)

    assert not AdminUnit.objects.exists()


def test_an_unknown_parent_is_refused(db, at):
    with pytest.raises(Invalid, match=r"dòng 2.*KHONG-CO"):
        import_agencies(
            [{"code": "X-1", "name": "X", "kind": "office", "parent": "KHONG-CO", "valid_from": "2025-07-01"}],
            actor=SYSTEM,
            at=at,
        )


def test_a_focal_officer_may_not_import(db, at, lan):
    with pytest.raises(NotAllowed):
        import_agencies([], actor=lan, at=at)
