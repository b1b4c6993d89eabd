"""Versions go when the years their contract keeps them are over; the present one and what is referred to stay."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from nganam.audit.models import Entry
from nganam.kernel.errors import NotFound
from nganam.warehouse import agreeing, loading, operations, places, queries, retaining, taking
from nganam.warehouse.engine import lake, replica
from nganam.warehouse.models import RejectedRow, Table, Version

from .conftest import AT, LAN, ROWS, WORKER, as_csv

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def keep(table, years):
    fresh = queries.table(table.code)
    agreeing.change_terms(actor=LAN, at=AT, table=fresh, rules=[], terms={"retention_years": years} if years else {})


def night(at):
    return retaining.remove_old(actor=WORKER, now=lambda: at)


@pytest.fixture
def story(load, facilities):
    """Four versions, a year apart; the first load had a row rejected."""
    keep(facilities, "2")
    load(as_csv([*ROWS, ("00999", "", "31498", "", "")]))
    for years in (1, 2, 3):
        load(as_csv([*ROWS[:2], (f"00{years}", f"Trạm năm {years}", "31498", "", "")]), at=AT + years * YEAR)
    return Table.objects.get(pk=facilities.pk)


@pytest.mark.law("S12")
def test_what_was_replaced_longer_ago_than_the_contract_keeps_it_goes(story):
    first = story.versions.get(number=1)
    asked = taking.ask_file(actor=LAN, at=AT, version=first, kind="csv")
    taking.make_file(actor=WORKER, now=lambda: AT, pk=asked.pk)
    queries.profile_of(first)
    received = [path for path in places.landing().rglob("*") if path.is_file()]
    assert night(AT + 3 * YEAR - timedelta(days=2)) == {}
    assert night(AT + 3 * YEAR + timedelta(days=2)) == {"co-so-kham-chua-benh": 1}  # replaced after one year

    table = Table.objects.get(pk=story.pk)
    assert [one.number for one in table.versions.all()] == [4, 3, 2]
    assert Version.every.get(table=table, number=1).sha256 == first.sha256
    with pytest.raises(NotFound, match="hết thời hạn lưu giữ"):
        queries.get_version_for(LAN, table.code, 1)
    for version in table.versions.all():
        codes = [row["ma_co_so"] for row in queries.rows(table, version=version)]
        assert len(codes) == version.rows == lake.count(places.lake(table), version.delta_version) == 3
    assert queries.changes(table.versions.get(number=3)) != []
    assert not RejectedRow.objects.exists()
    assert not places.rejected(first.load).exists()
    assert len([path for path in places.landing().rglob("*") if path.is_file()]) == len(received) - 1
    assert [one.name for one in places.lakes(table) if one.exists()] == [f"{table.code}.g1"]
    assert not (Path(settings.DATA) / "files" / table.code / "v1").exists()
    assert not (Path(settings.DATA) / "profiles" / table.code / "v1.json").exists()
    told = replica.current(places.replicas(table))
    assert (told["version"], told["changes_since"]) == (4, 2)
    entry = Entry.objects.get(action="warehouse.versions.removed")
    assert entry.details == {"versions": [1], "years": "2"}
    assert night(AT + 3 * YEAR + timedelta(days=2)) == {}


def test_the_present_version_stays_whatever_its_age_and_loads_go_on(story, load):
    assert night(AT + 90 * YEAR) == {story.code: 3}
    table = Table.objects.get(pk=story.pk)
    assert [one.number for one in table.versions.all()] == [4]
    assert len(queries.rows(table)) == 3
    ended = load(as_csv(ROWS), at=AT + 91 * YEAR, table=table)
    assert (ended.state, ended.made.number) == ("committed", 5)


def test_without_the_term_everything_is_kept(story):
    keep(story, "")
    assert night(AT + 500 * YEAR) == {}
    assert story.versions.count() == 4


def test_a_table_that_is_being_loaded_waits_for_the_next_night(story):
    code = operations.start_load(actor=LAN, at=AT, table=story, upload=operations.Upload("a.csv", [as_csv()])).code
    assert night(AT + 90 * YEAR) == {}
    loading.run_load(actor=WORKER, now=lambda: AT + 4 * YEAR, code=code)
    assert night(AT + 90 * YEAR) == {story.code: 4}


def test_one_that_cannot_be_written_anew_stays_as_it_is(story, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("nganam.warehouse.engine.erasing.lake.commit", full)
        assert night(AT + 90 * YEAR) == {}
    assert [len(queries.rows(story, version=one)) for one in story.versions.all()] == [3, 3, 3, 3]
    assert night(AT + 90 * YEAR) == {story.code: 3}


def test_what_a_kill_left_on_the_disk_goes_the_next_night(story, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(retaining, "_clean", lambda _table: None)
        night(AT + 90 * YEAR)
    table = Table.objects.get(pk=story.pk)
    assert places.lake_of(table, 0).exists()
    night(AT + 91 * YEAR)
    assert not places.lake_of(table, 0).exists()
    assert replica.current(places.replicas(table))["changes_since"] == 4


def test_the_pages_say_so(story):
    from nganam.accounts.models import Person

    first = story.versions.get(number=1)
    night(AT + 90 * YEAR)
    lan = Client()
    lan.force_login(Person.objects.get(username="lan"))
    assert "3 phiên bản cũ đã xóa vì hết thời hạn lưu giữ" in lan.get(f"/kho/{story.code}/").content.decode()
    assert "đã xóa vì hết thời hạn lưu giữ" in lan.get(first.load.get_absolute_url()).content.decode()
    answer = lan.get(f"/kho/{story.code}/phien-ban/1/")
    assert answer.status_code == 404
    assert "hết thời hạn lưu giữ" in answer.content.decode()


def test_what_open_data_refer_to_stays(province):
    import scenes

    dataset = scenes.published_dataset()
    table = dataset.table
    keep_terms = {"retention_years": "1"}
    agreeing.change_terms(actor=LAN, at=AT, table=queries.table(table.code), rules=[], terms=keep_terms)
    every, names = ([one["name"] for one in columns] for columns in (scenes.COLUMNS, scenes.OPEN_COLUMNS))
    rows = [[row[every.index(name)] for name in names] for row in scenes.ROWS[:2]]
    assert scenes.load(queries.table(table.code), rows, at=AT + YEAR).state == "committed"
    assert table.versions.count() == 2
    assert night(AT + 90 * YEAR) == {}
    assert table.versions.count() == 2
