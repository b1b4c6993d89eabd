"""SM5: compile, submit, issue with number and date, freeze, publish, supersede, compare."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from nganam.cases.queries import history_of
from nganam.catalogue import operations, policies, queries
from nganam.catalogue.models import Edition, SharedDatabase
from nganam.catalogue.workflow import EDITION
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved


def revise(actor, minh, at, database, **values):
    """Take a listed entry through revision, proposal and acceptance."""
    operations.move_database(actor=actor, at=at, database=database, transition="revise")
    operations.edit_database(actor=actor, at=at, database=database, values=values)
    operations.move_database(actor=actor, at=at, database=database, transition="propose")
    operations.move_database(actor=minh, at=at, database=database, transition="accept")


def test_the_machine_is_sound():
    assert EDITION.problems() == []


@pytest.mark.law("S5.1", "S5.2", "D11.3")
def test_the_chairman_issues_an_edition_with_number_and_date(accept, issue, at):
    database = accept()

    edition = issue(database)

    database.refresh_from_db()
    assert (edition.state, database.state) == ("published", "in_catalogue")
    assert (edition.decision_number, edition.decision_on) == ("120/QĐ-UBND", date(2026, 11, 3))
    assert Paper.objects.get(code=edition.paper).kind == "QĐ"
    assert [one.transition for one in history_of(edition)] == ["", "submit", "issue", "publish"]
    assert len(edition.digest) == 64


@pytest.mark.law("D11.4")
def test_an_issued_edition_shows_every_field_for_each_database_and_audience(accept, issue):
    issue(accept())

    _edition, shown = queries.public_entry("CSDL-2026-0001")

    assert all(shown[name] for name in ("name", "purpose", "scope", "content", "collection", "updating", "sources"))
    assert [(one["form"], one["audience"]) for one in shown["items"]] == [
        ("open", "Mọi tổ chức, cá nhân"),
        ("default", "Cơ quan nhà nước"),
        ("special", "Thanh tra thành phố"),
    ]
    assert "Kết quả thanh tra,special,Thanh tra thành phố" in queries.edition_csv(_edition)


def test_an_issued_edition_never_changes_when_the_entry_does(accept, issue, at, lan, minh):
    database = accept()
    edition = issue(database)

    revise(lan, minh, at, database, scope="Cả vùng")

    assert queries.frozen_entries(edition)[0]["scope"] == "Toàn thành phố"


@pytest.mark.law("S5.2")
def test_two_editions_are_compared_field_by_field(accept, declare, issue, at, lan, minh):
    kept, gone, changed = accept(name="Giữ"), accept(name="Bỏ"), accept(name="Sửa")
    first = issue(kept, gone, changed)
    revise(lan, minh, at, changed, scope="Cả vùng")
    new = accept(name="Mới")
    second = issue(kept, changed, new, number="121/QĐ-UBND", when=at + timedelta(hours=1))

    earlier, later, found = queries.compare(second.code, first.code)

    first.refresh_from_db()
    assert (earlier, later, first.state) == (first, second, "superseded")
    assert [one["name"] for one in found.added] == ["Mới"]
    assert [one["name"] for one in found.removed] == ["Bỏ"]
    [(entry, changes)] = found.changed
    assert entry["name"] == "Sửa"
    assert [(str(one.label), one.before, one.after) for one in changes] == [("Phạm vi", "Toàn thành phố", "Cả vùng")]


@pytest.mark.law("S5.2")
def test_an_entry_under_revision_keeps_what_was_issued_before(accept, issue, at, lan):
    database = accept()
    issue(database)
    operations.move_database(actor=lan, at=at, database=database, transition="revise")
    operations.edit_database(actor=lan, at=at, database=database, values={"scope": "Chưa đánh giá"})

    second = issue(database, number="121/QĐ-UBND", when=at + timedelta(hours=1))

    assert queries.frozen_entries(second)[0]["scope"] == "Toàn thành phố"
    database.refresh_from_db()
    assert database.state == "revising"


@pytest.mark.law("S5.4")
def test_a_database_not_in_the_issued_catalogue_cannot_enter_a_build_plan(accept, issue, declare, at):
    listed, other = accept(), declare(name="Chưa ban hành")
    issue(listed)

    assert queries.in_issued_catalogue(listed, at)
    assert not queries.in_issued_catalogue(listed, at - timedelta(seconds=1))
    assert policies.may_enter_build_plan(listed, at) == ""
    assert "chưa có trong danh mục" in policies.may_enter_build_plan(other, at)


@pytest.mark.law("S5.4")
def test_a_database_dropped_from_the_new_edition_leaves_the_catalogue(accept, issue, at, lan):
    dropped, kept = accept(name="Bỏ"), accept(name="Giữ")
    issue(dropped, kept)
    operations.move_database(actor=lan, at=at, database=dropped, transition="retire", reason="Nhập vào CSDL khác")
    later = at + timedelta(hours=1)

    with pytest.raises(Invalid, match=dropped.code):
        issue(dropped, kept, number="121/QĐ-UBND", when=later)
    issue(kept, number="121/QĐ-UBND", when=later)

    assert not queries.in_issued_catalogue(dropped, later)
    assert queries.in_issued_catalogue(dropped, at)
    with pytest.raises(NotFound):
        queries.public_entry(dropped.code)


@pytest.mark.law("D34.1", "D34.2")
def test_the_default_data_list_holds_only_what_is_shared_by_default(accept, issue, declare):
    database, no_default = (
        accept(),
        accept(name="Chỉ mở", items=[{"name": "A", "form": "open", "audience": "Mọi người"}]),
    )
    issue(database, no_default)

    assert [one.code for one in queries.candidates("default_data")] == [database.code]
    edition = issue(database, kind="default_data", number="130/QĐ-UBND")

    [entry] = queries.frozen_entries(edition)
    assert [(one["name"], one["ground"]) for one in entry["items"]] == [("Giấy phép hoạt động", "common")]
    assert ",Giấy phép hoạt động,default,Cơ quan nhà nước,common" in queries.edition_csv(edition)
    assert queries.current_edition().kind == "databases"


@pytest.mark.law("S5.1")
def test_only_the_lead_agency_compiles_and_only_the_chairman_issues(accept, submit, at, lan, minh, khanh):
    database = accept()
    for actor in (lan, khanh):
        with pytest.raises(NotAllowed):
            operations.compile_edition(actor=actor, at=at, kind="databases", title="X", codes=[database.code])
    edition = submit(database)
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            operations.issue_edition(actor=actor, at=at, edition=edition, number="1/QĐ", signed_on=date(2026, 11, 3))


def test_only_assessed_databases_are_compiled(declare, accept, at, minh):
    draft = declare()
    with pytest.raises(Invalid, match=draft.code):
        operations.compile_edition(actor=minh, at=at, kind="databases", title="X", codes=[draft.code])
    with pytest.raises(Invalid):
        operations.compile_edition(actor=minh, at=at, kind="databases", title=" ", codes=[draft.code])


def test_one_edition_of_a_list_is_open_at_a_time(accept, submit, at, minh):
    database = accept()
    submit(database)
    with pytest.raises(RuleBroken):
        operations.compile_edition(actor=minh, at=at, kind="databases", title="Khác", codes=[database.code])


def test_what_is_with_the_chairman_stands_still(accept, submit, at, minh, khanh):
    database = accept()
    edition = submit(database)
    with pytest.raises(RuleBroken, match=edition.code):
        operations.move_database(actor=minh, at=at, database=database, transition="return", reason="X")

    operations.move_edition(actor=khanh, at=at, edition=edition, transition="send_back", reason="Bổ sung")
    operations.move_database(actor=minh, at=at, database=database, transition="return", reason="X")

    with pytest.raises(RuleBroken, match=database.code):
        operations.submit_edition(
            actor=minh, at=at, edition=edition, number="06/TTr-SKHCN", signed_on=date(2026, 11, 3)
        )


@pytest.mark.law("D11.3")
def test_a_decision_needs_a_number_and_a_day_between_submission_and_today(accept, submit, at, khanh):
    edition = submit(accept())
    for number, day in ((" ", date(2026, 11, 3)), ("1/QĐ-UBND", date(2026, 11, 4)), ("1/QĐ-UBND", date(2026, 11, 1))):
        with pytest.raises(Invalid):
            operations.issue_edition(actor=khanh, at=at, edition=edition, number=number, signed_on=day)
    assert Edition.objects.get().state == "submitted"


def test_an_edition_is_issued_once_and_the_second_is_told_who_was_first(accept, submit, at, khanh):
    edition = submit(accept())
    stale = Edition.objects.get()

    def issue(one):
        return operations.issue_edition(
            actor=khanh, at=at, edition=one, number="120/QĐ-UBND", signed_on=date(2026, 11, 3)
        )

    issue(edition)
    with pytest.raises(StateMoved) as refused:
        issue(stale)
    assert refused.value.by == "Lê Quốc Khánh"
    assert Paper.objects.filter(kind="QĐ").count() == 1


def test_a_draft_edition_is_not_public(accept, submit, lan, phuc):
    edition = submit(accept())
    with pytest.raises(NotFound):
        queries.issued_edition(edition.code)
    with pytest.raises(NotFound):
        queries.get_edition_for(lan, edition.code)
    assert queries.current_edition() is None
    assert queries.public_entries_of("CT-SYT") == []


def test_the_page_of_an_agency_gets_its_databases_with_those_it_inherited(accept, issue):
    issue(accept())
    assert [one["code"] for one in queries.public_entries_of("CT-SYT")] == ["CSDL-2026-0001"]
    assert queries.public_entries_of("CT-STC") == []


@pytest.mark.law("D11.3")
def test_of_two_who_issue_at_the_same_moment_one_wins_and_nothing_is_done_twice(
    committed_db, make_province, at, lan, minh, khanh
):
    make_province()
    values = dict.fromkeys(("name", "purpose", "scope", "content", "collection", "updating", "sources"), "Nội dung")
    item = {"name": "A", "form": "open", "audience": "Mọi người"}
    database = operations.declare_database(actor=lan, at=at, values=values, items=[item])
    operations.move_database(actor=lan, at=at, database=database, transition="propose")
    operations.move_database(actor=minh, at=at, database=database, transition="accept")
    edition = operations.compile_edition(actor=minh, at=at, kind="databases", title="X", codes=[database.code])
    operations.submit_edition(actor=minh, at=at, edition=edition, number="1/TTr", signed_on=date(2026, 11, 3))
    results, start = [], threading.Barrier(2)

    def issue(number):
        mine = Edition.objects.get()
        start.wait()
        try:
            operations.issue_edition(actor=khanh, at=at, edition=mine, number=number, signed_on=date(2026, 11, 3))
            results.append("issued")
        except StateMoved:
            results.append("moved")
        finally:
            connection.close()

    threads = [threading.Thread(target=issue, args=(f"{number}/QĐ-UBND",)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["issued", "moved"]
    assert Paper.objects.filter(kind="QĐ").count() == 1
    assert SharedDatabase.objects.get().state == "in_catalogue"
