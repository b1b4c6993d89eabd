"""SM7: a table becomes an open dataset: proposed, reviewed, prepared, published, updated, removed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

import scenes
from nganam.deadlines.queries import clocks_of
from nganam.kernel.actors import Actor, Role
from nganam.kernel.digest import file_sha256
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.opendata import operations, queries
from nganam.opendata.models import Dataset
from nganam.warehouse import files
from nganam.warehouse import operations as warehouse
from nganam.warehouse.engine import files as engine_files

pytestmark = pytest.mark.django_db


@pytest.mark.law("S10.3", "D17.1", "D21", "D20.3")
def test_a_table_is_opened_with_files_whose_checksums_hold(province, data):
    dataset = scenes.published_dataset()
    assert queries.published_dataset("co-so") == dataset
    release = queries.release(dataset)
    files = {one.format: one for one in release.distributions.all()}
    assert set(files) >= {"csv", "xlsx", "json", "parquet"}
    for one in files.values():
        path = data / one.path
        assert (one.size, one.sha256, one.rows) == (path.stat().st_size, file_sha256(path), 3)
    assert "00123" in (data / files["csv"].path).read_text(encoding="utf-8-sig")
    clock = clocks_of("opendata.dataset", dataset.code).get()
    assert (clock.key, clock.due_on) == ("open_update", date(2027, 2, 3))


@pytest.mark.law("D20.1")
def test_a_table_with_telephone_numbers_of_people_is_not_opened(province, minh, at):
    rows = [(f"{number:05}", f"Hộ {number}", "Hộ", f"09{number:08}", "1") for number in range(40, 90)]
    table = scenes.table()
    scenes.load(table, rows)
    dataset = scenes.proposed_dataset(table)
    with pytest.raises(RuleBroken) as refused:
        operations.assess_dataset(actor=minh, at=at, dataset=dataset, privacy="Đã xem", safety="Đã xem")
    assert refused.value.article in {"D20.1", "S10"}
    assert "dien_thoai" in refused.value.message
    assert "0900000040" not in str(refused.value.message)
    dataset.refresh_from_db()
    assert dataset.state == "proposed"


@pytest.mark.law("D20.1", "D20.2")
def test_both_reviews_must_be_written(province, minh, at):
    dataset = scenes.proposed_dataset()
    with pytest.raises(Invalid) as refused:
        operations.assess_dataset(actor=minh, at=at, dataset=dataset, privacy="Đã xem", safety=" ")
    assert set(refused.value.fields) == {"safety"}


def test_the_proposer_is_never_the_approver(province, lan, phuc, at):
    dataset = scenes.proposed_dataset()
    for actor in (lan, phuc):
        with pytest.raises(NotAllowed):
            operations.assess_dataset(actor=actor, at=at, dataset=dataset, privacy="x", safety="x")


def test_a_missing_description_is_named(province):
    with pytest.raises(Invalid) as refused:
        scenes.proposed_dataset(description="")
    assert "description" in refused.value.fields
    assert not Dataset.objects.exists()


def test_what_is_not_published_is_not_found(province):
    scenes.proposed_dataset()
    with pytest.raises(NotFound):
        queries.published_dataset("co-so")


@pytest.mark.law("S10.4", "D20.3")
def test_an_update_is_a_new_release_and_restarts_the_three_months(province, lan):
    dataset = scenes.published_dataset()
    later = scenes.AT + timedelta(days=30)
    with pytest.raises(RuleBroken):
        operations.update_dataset(actor=lan, at=later, dataset=dataset)
    scenes.load(dataset.table, [("00123", "Tên mới", "Trạm y tế", "11")], at=later)
    release = operations.update_dataset(actor=lan, at=later, dataset=dataset)
    assert release.number == 2
    dataset.refresh_from_db()
    assert [clock.due_on for clock in clocks_of("opendata.dataset", dataset.code) if clock.is_running] == [
        date(2027, 3, 3)
    ]
    first = queries.distribution(dataset, "csv", 1)
    assert first.rows == 3
    assert queries.distribution(dataset, "csv").rows == 1


@pytest.mark.law("D20.3")
def test_confirming_that_nothing_changed_restarts_the_clock(province, lan):
    dataset = scenes.published_dataset()
    later = scenes.AT + timedelta(days=60)
    moved = operations.move_dataset(actor=lan, at=later, dataset=dataset, transition="confirm_unchanged")
    assert moved.checked_at == later


@pytest.mark.law("D20.2")
def test_a_removed_dataset_leaves_the_portal_with_a_reason(province, lan, minh, at):
    dataset = scenes.published_dataset()
    with pytest.raises(NotAllowed):
        operations.move_dataset(actor=lan, at=at, dataset=dataset, transition="remove", reason="x")
    operations.move_dataset(actor=minh, at=at, dataset=dataset, transition="remove", reason="Có rủi ro")
    with pytest.raises(NotFound):
        queries.published_dataset("co-so")


def as_lead(person: Actor) -> Actor:
    """Return the same person acting for the lead agency."""
    return replace(person, agency="CT-SKHCN", roles=frozenset({Role.LEAD}))


@pytest.mark.law("D20.1")
def test_who_proposed_does_not_approve_under_another_posting_or_name(province, lan, minh, at):
    dataset = scenes.proposed_dataset()
    words = {"at": at, "dataset": dataset, "privacy": "Đã xem", "safety": "Đã xem"}
    for disguised in (as_lead(lan), replace(as_lead(lan), name="Tên Mới")):
        with pytest.raises(NotAllowed):
            operations.assess_dataset(actor=disguised, **words)
    namesake = replace(minh, name=lan.name)
    assert operations.assess_dataset(actor=namesake, **words).state == "assessed"


@pytest.mark.law("D20.1")
def test_data_loaded_after_the_review_is_scanned_before_its_files_are_written(province, data, lan, minh, at):
    table = scenes.table()
    scenes.load(table, [("00123", "Trạm y tế Phường 5", "Trạm y tế", "", "10")])
    columns = [column | {"personal": False} for column in scenes.COLUMNS]
    warehouse.change_table(actor=lan, at=at, table=table, columns=columns, title="Cơ sở khám chữa bệnh")
    scenes.load(table, [("00123", "Trạm y tế số 5", "Trạm y tế", "", "10")])
    dataset = scenes.proposed_dataset(table)
    operations.assess_dataset(actor=minh, at=at, dataset=dataset, privacy="Đã xem", safety="Đã xem")
    people = [(f"{one:05}", f"Hộ {one}", "Hộ", f"09{one:08}", "1") for one in range(40, 90)]
    warehouse.change_table(actor=lan, at=at, table=table, columns=scenes.COLUMNS, title="Cơ sở khám chữa bệnh")
    scenes.load(table, people)
    with pytest.raises(RuleBroken):
        operations.prepare_dataset(actor=lan, at=at, dataset=dataset)
    dataset.refresh_from_db()
    assert dataset.state == "assessed"
    assert not dataset.releases.exists()
    assert not list((data / "opendata").rglob("*.csv"))


def test_a_step_out_of_turn_writes_no_file_and_no_release(province, data, lan):
    dataset = scenes.published_dataset()
    scenes.load(dataset.table, [("00123", "Tên mới", "Trạm y tế", "11")])
    before = sorted((data / "opendata").rglob("*"))
    with pytest.raises(StateMoved):
        operations.prepare_dataset(actor=lan, at=scenes.AT, dataset=dataset)
    assert sorted((data / "opendata").rglob("*")) == before
    assert dataset.releases.count() == 1


def test_a_preparation_killed_in_the_middle_is_finished_and_touches_nothing_written(
    province, data, lan, minh, at, monkeypatch
):
    dataset = scenes.proposed_dataset()
    dataset = operations.assess_dataset(actor=minh, at=at, dataset=dataset, privacy="Đã xem", safety="Đã xem")
    write = files.write_distribution

    def write_until_killed(version, kind, *args, **more):
        if kind == "json":
            raise KeyboardInterrupt
        return write(version, kind, *args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(files, "write_distribution", write_until_killed)
        with pytest.raises(KeyboardInterrupt):
            operations.prepare_dataset(actor=lan, at=at, dataset=dataset)
    written = {path: path.stat().st_mtime_ns for path in (data / "opendata").rglob("*.*")}
    assert {path.suffix for path in written} == {".csv", ".xlsx"}
    release = operations.prepare_dataset(actor=lan, at=at, dataset=dataset)
    assert release.number == 1
    assert {one.format for one in release.distributions.all()} >= {"csv", "xlsx", "json", "parquet"}
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_publishing_twice_is_refused_by_the_state(province, minh, at):
    dataset = scenes.published_dataset()
    stale = Dataset.objects.get(pk=dataset.pk)
    stale.state, stale.version = "prepared", dataset.version - 1
    with pytest.raises(StateMoved):
        operations.publish_dataset(actor=minh, at=at + timedelta(days=1), dataset=stale)
    assert queries.release(dataset).published_at == at


def test_a_table_too_long_for_a_spreadsheet_is_opened_without_one(province, lan, minh, at, monkeypatch):
    monkeypatch.setattr(engine_files, "XLSX_ROWS", 2)
    release = queries.release(scenes.published_dataset())
    assert {one.format for one in release.distributions.all()} == {"csv", "json", "parquet"}
