"""Papers and numbers: drawn without gaps, never given twice."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from nganam.audit.models import Entry
from nganam.documents import queries
from nganam.documents.models import NumberRegister, Paper, StoredFile
from nganam.documents.operations import next_number, register_paper
from nganam.kernel.errors import Invalid, NotFound


def register(actor, at, **more):
    values = {
        "kind": "QĐ", "number": "12/QĐ-UBND", "signed_on": date(2026, 11, 2), "agency": "CT-UBND",
        "title": "Ban hành danh mục", **more,
    }  # fmt: skip
    return register_paper(actor=actor, at=at, **values)


@pytest.mark.django_db
def test_a_paper_is_entered_with_number_date_signer_and_file(khanh, at):
    file = StoredFile.objects.create(sha256="a" * 64, size=1, name="a.pdf", media_type="x", stored_at=at)
    paper = register(khanh, at, signer="Lê Quốc Khánh", file=file)
    assert (paper.code, paper.number, paper.year, str(paper)) == (
        "VB-2026-0001", "12/QĐ-UBND", 2026, "12/QĐ-UBND (02/11/2026)",
    )  # fmt: skip
    assert queries.paper("VB-2026-0001") == paper
    assert list(queries.papers(agency="CT-UBND", kind="QĐ")) == [paper]
    assert not queries.papers(kind="CV").exists()
    assert Entry.objects.get().details["sha256"] == "a" * 64
    with pytest.raises(NotFound):
        queries.paper("VB-2026-0002")


@pytest.mark.django_db
def test_a_number_is_drawn_for_the_agency_kind_and_year_past_those_entered_by_hand(khanh, lan, at):
    register(khanh, at, number="2/QĐ")
    assert register(khanh, at, number="").number == "1/QĐ"
    assert register(khanh, at, number=" ").number == "3/QĐ"
    assert register(khanh, at, number="", kind="CV").number == "1/CV"
    assert register(khanh, at, number="", signed_on=date(2025, 12, 31)).number == "1/QĐ"
    assert register(lan, at, number="", agency="CT-SYT").number == "1/QĐ"
    assert str(NumberRegister.objects.get(agency="CT-SYT", kind="QĐ")) == "CT-SYT QĐ 2026: 1"


@pytest.mark.django_db
def test_a_number_given_before_is_refused_naming_the_paper_that_has_it(khanh, at):
    register(khanh, at)
    with pytest.raises(Invalid, match="Ban hành danh mục") as refused:
        register(khanh, at, title="Khác")
    assert "number" in refused.value.fields
    assert register(khanh, at, signed_on=date(2025, 11, 2)).year == 2025
    assert Paper.objects.count() == 2
    assert [one.code for one in Paper.objects.order_by("code")] == ["VB-2025-0001", "VB-2026-0001"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "XX"}, "kind"), ({"signed_on": date(2026, 11, 4)}, "signed_on"),
        ({"signed_on": date(749, 4, 2)}, "signed_on"), ({"title": " "}, "title"),
        ({"number": "x" * 61}, "number"),
    ],
)  # fmt: skip
def test_a_wrong_paper_is_refused_with_the_field(wrong, field, khanh, at):
    with pytest.raises(Invalid) as refused:
        register(khanh, at, **wrong)
    assert list(refused.value.fields) == [field]
    assert not NumberRegister.objects.exists()


@pytest.mark.django_db
def test_another_fault_of_the_database_is_not_taken_for_a_used_number(khanh, at):
    Paper.objects.create(
        code="VB-2026-0001", kind="QĐ", number="x", year=2026, signed_on=at, agency="x", title="x", registered_at=at
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        register(khanh, at)


def test_numbers_drawn_at_once_are_all_different_and_leave_no_gap(committed_db):
    drawn = []

    def draw():
        try:
            drawn.extend(next_number(agency="CT-SYT", kind="QĐ", year=2026) for _ in range(10))
        finally:
            connection.close()

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(drawn) == list(range(1, 41))
