"""Rows are erased by decision: from every version, replica, file and rejected row, and they do not come back."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.warehouse import erasing, loading, operations, places, queries, taking
from nganam.warehouse.engine import lake, replica
from nganam.warehouse.erasure_models import ErasedValue
from nganam.warehouse.models import Erasure, Table, Version, VersionFile

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv, make_units, now

pytestmark = [pytest.mark.django_db]
GONE = "00124"
HOA = replace(LAN, code="hoa", name="Hoa")


def proposed(table, values=(GONE,), **more):
    words = {"column": "ma_co_so", "basis": "court", "paper": "12/2026/HS-ST", "paper_on": date(2026, 11, 20),
             "reason": "Theo bản án"}  # fmt: skip
    return erasing.propose(actor=LAN, at=AT, table=table, values=values, **{**words, **more})


def erase(table, **more):
    made = proposed(table, **more)
    load = erasing.confirm(actor=HOA, at=AT, erasure=made)
    loading.run_load(actor=WORKER, now=now, code=load.code)
    made.refresh_from_db()
    return made


@pytest.fixture
def story(load, facilities):
    """Three versions: with the row, with the row changed, without it; rejected rows with and without its key."""
    load(as_csv())
    changed = [ROWS[0], (GONE, "Trạm đổi tên", *ROWS[1][2:]), ROWS[2], (GONE, "", "31501", "", "")]
    load(as_csv([*changed, ("00900", "", "31507", "", "")]), at=AT + timedelta(hours=1))
    load(as_csv([ROWS[0], ROWS[2]]), at=AT + timedelta(hours=2))
    load(as_csv([*changed[:3]]), at=AT + timedelta(hours=3))
    return Table.objects.get(pk=facilities.pk)


def everything_kept() -> dict[str, bytes]:
    """Return every file of the data folder but the keys, and the whole database as text."""
    from django.apps import apps
    from django.core import serializers

    found = {str(path): path.read_bytes() for path in Path(settings.DATA).rglob("*")
             if path.is_file() and "keys" not in path.parts}  # fmt: skip
    rows = [one for model in apps.get_models() for one in model._default_manager.all()]
    return found | {"database": serializers.serialize("json", rows).encode()}


def parquet_cells(path: Path) -> str:
    import pyarrow.parquet as pq

    return str(pq.read_table(path).to_pydict())


def holders(words: tuple[str, ...]) -> list[str]:
    """Return what still says one of ``words``: Parquet is compressed, so it is read, not searched."""
    found = []
    for name, content in everything_kept().items():
        text = parquet_cells(Path(name)) if name.endswith(".parquet") else content.decode("utf-8", "replace")
        found += [name for word in words if word in text]
    return found


def test_the_search_of_these_tests_finds_what_is_there(story):
    kinds = {Path(one).parts[-2] if one != "database" else one for one in holders((GONE,))}
    names = " ".join(holders((GONE, "Trạm đổi tên")))
    assert "database" in kinds
    assert "/lake/" in names
    assert "/replicas/" in names
    assert "/landing/" in names
    assert "/rejected/" in names


@pytest.mark.law("S27")
def test_nothing_of_an_erased_row_is_left_in_any_version_replica_file_or_rejected_row(story):
    newest = queries.current_version(story)
    asked = taking.ask_file(actor=LAN, at=AT, version=newest, kind="csv", filters={"ma_co_so": GONE})
    taking.ask_file(actor=LAN, at=AT, version=newest, kind="csv")
    for pk in VersionFile.objects.values_list("pk", flat=True):
        taking.make_file(actor=WORKER, now=now, pk=pk)
    queries.profile_of(newest)
    before = {one.number: one for one in story.versions.all()}

    done = erase(story)

    assert holders((GONE, "Trạm y tế Phường 7", "Trạm đổi tên")) == []
    assert (done.state, done.key, bytes(done.sealed)) == ("done", "", b"")
    assert done.removed == 3
    assert [(one["number"], one["removed"], one["rows"]) for one in done.versions] == [
        (1, 1, 2), (2, 1, 2), (3, 0, 2), (4, 1, 2),
    ]  # fmt: skip
    assert done.versions[0]["sha256_before"] == before[1].sha256 != done.versions[0]["sha256"]
    assert done.versions[2]["sha256_before"] == done.versions[2]["sha256"]
    assert not VersionFile.objects.filter(pk=asked.pk).exists()
    assert set(VersionFile.objects.values_list("state", flat=True)) == {"removed"}


def test_every_version_is_read_as_before_but_for_the_row(story):
    erase(story)
    table = Table.objects.get(pk=story.pk)
    for version in table.versions.all():
        codes = [row["ma_co_so"] for row in queries.rows(table, version=version)]
        assert codes == ["00123", "00200"]
        assert len(codes) == version.rows == lake.count(places.lake(table), version.delta_version)
    assert [(one.number, one.added, one.changed, one.removed) for one in table.versions.all()] == [
        (5, 0, 0, 1), (4, 0, 0, 0), (3, 0, 0, 0), (2, 0, 0, 0), (1, 2, 0, 0),
    ]  # fmt: skip
    assert queries.changes(table.versions.get(number=2)) == []
    told = replica.current(places.replicas(table))
    assert (told["version"], told["changes_since"]) == (5, 5)
    assert [path.name for path in places.replicas(table).glob("v*.sqlite")] == ["v5.sqlite"]


def test_the_table_is_loaded_on_and_its_versions_differ_as_they_should(story, load):
    erase(story)
    ended = load(as_csv([ROWS[0], ("00300", "Trạm mới", "31507", "5", "")]), at=AT + timedelta(days=1))
    assert ended.state == "committed"
    assert (ended.made.number, ended.made.added, ended.made.removed) == (6, 1, 1)
    told = replica.current(places.replicas(ended.table))
    assert (told["version"], told["changes_since"]) == (6, 5)


def test_what_was_erased_is_not_taken_in_again_and_its_cells_are_not_kept(story, load):
    erase(story)
    ended = load(as_csv([*ROWS, (GONE, "Ô thừa", "31501", "1", "", "x")]), at=AT + timedelta(days=1))
    assert (ended.accepted, ended.rejected) == (2, 2)
    assert ended.by_reason["erased"] == 1
    assert [(one.cells, one.told[0]["text"]) for one in ended.rejected_rows.all()] == [
        ([], "Đã xóa theo quyết định, không nhận lại")
    ] * 2  # fmt: skip
    assert holders((GONE, "Trạm y tế Phường 7", "Ô thừa")) == []
    assert ended.state == "unchanged"


def test_values_are_let_in_again_when_the_decision_falls(story, load):
    made = erase(story)
    with pytest.raises(Invalid):
        erasing.lift(actor=HOA, at=AT, erasure=made, reason=" ")
    with pytest.raises(NotAllowed):
        erasing.lift(actor=PHUC, at=AT, erasure=made, reason="x")
    erasing.lift(actor=MINH, at=AT, erasure=made, reason="Bản án bị hủy")
    assert not ErasedValue.objects.exists()
    ended = load(as_csv(), at=AT + timedelta(days=1))
    assert (ended.accepted, ended.rejected, ended.made.added) == (3, 0, 1)
    with pytest.raises(RuleBroken):
        erasing.lift(actor=MINH, at=AT, erasure=made, reason="nữa")


def test_a_column_that_is_no_key_erases_all_rows_of_a_person(load, agencies):
    columns = [{"name": "ma", "key": True}, {"name": "cccd", "title": "CCCD", "personal": True}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="luot", title="Lượt", columns=columns)
    rows = [(str(at), "079203001234" if at % 3 else "092199000321") for at in range(30)]
    load(as_csv(rows, header=["ma", "cccd"]), table=table)
    done = erase(table, column="cccd", values=["092199000321", " 092199000321 "], basis="subject", paper="",
                 paper_on=None)  # fmt: skip
    assert (done.count, done.removed) == (1, 10)
    assert queries.current_version(table).rows == 20
    assert holders(("092199000321",)) == []


def test_a_table_may_be_left_without_rows(load, facilities):
    load(as_csv())
    done = erase(facilities, values=[row[0] for row in ROWS])
    table = Table.objects.get(pk=facilities.pk)
    assert (done.removed, queries.current_version(table).rows) == (3, 0)
    assert queries.rows(table) == []


def test_one_proposes_and_another_confirms(story):
    made = proposed(story)
    with pytest.raises(RuleBroken, match="không tự xác nhận"):
        erasing.confirm(actor=LAN, at=AT, erasure=made)
    for actor in (PHUC, WORKER):
        with pytest.raises(NotAllowed):
            erasing.confirm(actor=actor, at=AT, erasure=made)
    assert erasing.found(made) == {1: 1, 2: 1, 3: 0, 4: 1}
    assert Version.objects.count() == 4
    load = erasing.confirm(actor=MINH, at=AT, erasure=made)
    with pytest.raises(StateMoved):
        erasing.confirm(actor=HOA, at=AT, erasure=made)
    with pytest.raises(StateMoved):
        erasing.withdraw(actor=LAN, at=AT, erasure=made)
    with pytest.raises(RuleBroken, match="chưa xong"):
        proposed(story)
    assert load.name == f"Xóa theo quyết định {made.code}"


def test_a_withdrawn_proposal_erases_nothing_and_keeps_nothing(story):
    made = proposed(story)
    with pytest.raises(NotAllowed):
        erasing.withdraw(actor=PHUC, at=AT, erasure=made)
    done = erasing.withdraw(actor=HOA, at=AT, erasure=made)
    assert (done.state, done.key, bytes(done.sealed)) == ("withdrawn", "", b"")
    assert Version.objects.count() == 4
    assert proposed(story).code != made.code


WRONG = [
    ({"column": "ngay_hoat_dong"}, "column"),
    ({"column": "khong_co"}, "column"),
    ({"values": [" "]}, "values"),
    ({"values": list(map(str, range(101)))}, "values"),
    ({"values": ["x" * 201]}, "values"),
    ({"basis": "vì thích"}, "basis"),
    ({"reason": " "}, "reason"),
    ({"paper": ""}, "paper"),
    ({"paper_on": None}, "paper"),
    ({"paper_on": date(2027, 1, 1)}, "paper_on"),
]


def test_a_proposal_that_is_not_whole_is_refused_by_its_field(facilities):
    for more, field in WRONG:
        with pytest.raises(Invalid) as refused:
            proposed(facilities, **more)
        assert set(refused.value.fields) == {field}, more
    assert not Erasure.objects.exists()


def test_who_may_not_load_proposes_nothing_and_sees_nothing(load, facilities):
    load(as_csv())
    story = facilities
    for actor in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            erasing.propose(
                actor=actor, at=AT, table=story, column="ma_co_so", values=[GONE], basis="subject", reason="x"
            )
    made = proposed(story)
    with pytest.raises(NotFound):
        queries.get_erasure_for(PHUC, made.code)


def test_before_the_first_load_there_is_nothing_to_erase(facilities):
    with pytest.raises(RuleBroken):
        proposed(facilities)


def test_the_record_names_paper_and_numbers_and_no_value(story):
    erase(story)
    entries = Entry.objects.filter(action__startswith="warehouse.erasure.")
    assert [one.action.rpartition(".")[2] for one in entries.order_by("pk")] == ["proposed", "confirmed", "done"]
    told = json.dumps([one.details for one in entries], ensure_ascii=False)
    assert "12/2026/HS-ST" in told
    assert GONE not in told


def test_while_a_load_runs_nothing_is_confirmed(story):
    operations.start_load(actor=LAN, at=AT, table=story, upload=operations.Upload("a.csv", [as_csv()]))
    made = proposed(story)
    with pytest.raises(RuleBroken, match="chưa xong"):
        erasing.confirm(actor=HOA, at=AT, erasure=made)
    made.refresh_from_db()
    assert (made.state, made.load) == ("proposed", None)


def test_an_erasure_that_fails_leaves_the_table_and_waits_again(story, monkeypatch):
    made = proposed(story)
    load = erasing.confirm(actor=HOA, at=AT, erasure=made)

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nganam.warehouse.engine.erasing.lake.commit", full)
    ended = loading.run_load(actor=WORKER, now=now, code=load.code)
    monkeypatch.undo()
    made.refresh_from_db()
    assert (ended.state, made.state) == ("failed", "proposed")
    assert [one for one in places.lakes(story) if one.exists()] == [places.lake(story)]
    assert [row["ma_co_so"] for row in queries.rows(story)] == ["00123", GONE, "00200"]
    again = erasing.confirm(actor=HOA, at=AT, erasure=made)
    assert loading.run_load(actor=WORKER, now=now, code=again.code).state == "committed"
    assert holders((GONE,)) == []


def test_a_lost_salt_stops_loads_instead_of_letting_the_erased_in(story, load):
    erase(story)
    (Path(settings.DATA) / "keys" / "erased" / "0").unlink()
    ended = load(as_csv(), at=AT + timedelta(days=1))
    assert (ended.state, ended.fault) == ("failed", "erasure_salt")


def test_columns_that_came_later_are_told_where_they_were_not(load, facilities):
    load(as_csv())
    columns = [*COLUMNS, {"name": "nguoi", "title": "Người"}]
    table = operations.change_table(actor=LAN, at=AT, table=facilities, title="Cơ sở", columns=columns, reason="Thêm")
    header = [one["name"] for one in columns]
    load(as_csv([(*row, "An") for row in ROWS], header=header), table=table, at=AT + timedelta(hours=1))
    done = erase(table, column="nguoi", values=["An"])
    assert done.outcome["without"] == [1]
    assert [one["removed"] for one in done.versions] == [0, 3]


def test_a_file_being_made_meanwhile_is_made_of_the_rows_that_stay(story, monkeypatch):
    newest = queries.current_version(story)
    file = taking.ask_file(actor=LAN, at=AT, version=newest, kind="csv")
    written = taking.files.write_file

    def slow(*args, **more):
        told = written(*args, **more)
        monkeypatch.undo()
        erase(Table.objects.get(pk=story.pk))
        return told

    monkeypatch.setattr(taking.files, "write_file", slow)
    done = taking.make_file(actor=WORKER, now=now, pk=file.pk)
    assert done.state == "waiting"
    assert holders((GONE, "Trạm đổi tên")) == []
    done = taking.make_file(actor=WORKER, now=now, pk=file.pk)
    assert (done.state, done.rows) == ("ready", 2)


RUN = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from nganam.kernel.actors import system
from nganam.warehouse import forgetting, loading
from nganam.warehouse.engine import erasing, replica

step, code = sys.argv[1:]
places = {
    "rows": (erasing, "_write"), "rewrite": (forgetting, "rewrite"), "replica": (replica, "build"),
    "settle": (forgetting, "settle"), "clean": (forgetting, "clean"), "received": (forgetting, "drop_received"),
    "rejected": (forgetting, "_drop_rejected"), "end": (forgetting, "_end"),
}
name, when = step.split("-")
owner, attribute = places[name]
real = getattr(owner, attribute)

def killed(*args, **kwargs):
    if when == "after":
        real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, attribute, killed)
loading.run_load(actor=system("worker"), now=timezone.now, code=code)
"""
STEPS = (
    "rows-after", "rewrite-after", "replica-after", "settle-after", "clean-before", "received-after", "rejected-after",
    "end-before",
)  # fmt: skip


@pytest.mark.slow
def test_an_erasure_killed_at_each_step_is_finished_by_repair(committed_db, make_province):
    make_province()
    make_units()
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=COLUMNS)
    rows = [(f"{at:05d}", f"Tên của {at:05d}.", "31498", str(at), "") for at in range(40)]
    for number, step in enumerate(STEPS):
        table.refresh_from_db()
        upload = operations.Upload(
            "a.csv", [as_csv([*rows, (f"mới-{number}", step, "31498", "", ""), ("", "", "", "")])]
        )
        started = operations.start_load(actor=LAN, at=AT, table=table, upload=upload)
        assert loading.run_load(actor=WORKER, now=now, code=started.code).state == "committed", step
        made = proposed(table, values=[rows[number][0], f"mới-{number}"])
        code = erasing.confirm(actor=HOA, at=AT, erasure=made).code
        child = subprocess.run(
            [sys.executable, "-c", RUN, step, code], capture_output=True, text=True, timeout=120, check=False
        )
        assert child.returncode == -signal.SIGKILL, child.stderr
        served = {row["ma_co_so"] for row in queries.rows(table)}
        assert len(served) in {41 - number, 39 - number}, step  # whole before, whole after, nothing between
        loading.repair(actor=WORKER, now=lambda: AT + timedelta(hours=1))
        made.refresh_from_db()
        assert (made.state, made.load.state) == ("done", "committed"), step
        assert holders((rows[number][1], f"mới-{number}")) == [], step
        table = Table.objects.get(pk=table.pk)
        assert len(places.lakes(table)) == 1 + (places.lakes(table)[0] != places.lake(table)), step
        assert queries.current_version(table).number == replica.current(places.replicas(table))["version"], step


@pytest.fixture
def as_person(agencies):
    from django.test import Client

    from nganam.accounts.models import Person

    def sign_in(username):
        client = Client()
        client.force_login(Person.objects.get(username=username))
        return client

    return sign_in


def test_lan_proposes_and_minh_confirms_on_the_pages(as_person, load, facilities, run_jobs):
    load(as_csv())
    lan, minh, phuc = map(as_person, ("lan", "minh", "phuc"))
    there = f"/kho/{facilities.code}/de-nghi-xoa/"
    form = {"column": "ma_co_so", "values": f"{GONE}\r\n", "basis": "court", "paper": "12/2026/HS-ST",
            "paper_on": "2026-11-20", "reason": "Theo bản án"}  # fmt: skip
    refused = lan.post(there, {**form, "paper": ""})
    assert refused.status_code == 422
    assert "Ghi số, ký hiệu và ngày" in refused.content.decode()
    assert phuc.get(there).status_code == 404
    page = lan.post(there, form)["Location"]
    shown = lan.get(page).content.decode()
    assert GONE in shown
    assert "Xác nhận xóa" not in shown
    assert phuc.get(page).status_code == phuc.post(f"{page}xac-nhan/").status_code == 404
    theirs = minh.get(page).content.decode()
    assert GONE not in theirs.split("<main")[1]  # whose decision it is needs no name
    assert "1 dòng, tính qua mọi phiên bản" in theirs
    assert minh.get(f"{page}xac-nhan/").status_code == 302
    minh.post(f"{page}xac-nhan/")
    run_jobs()
    done = minh.get(page).content.decode()
    assert "Đã rời khỏi kho" in done
    assert GONE not in done.split("<main")[1]
    assert "Các dòng đã rời khỏi mọi phiên bản" in lan.get(f"/kho/{facilities.code}/phien-ban/2/").content.decode()
    assert made_code(page) in lan.get(f"/kho/{facilities.code}/").content.decode()
    assert lan.post(f"{page}nhan-lai/", {"reason": ""}).status_code == 422
    assert lan.post(f"{page}nhan-lai/", {"reason": "Bản án bị hủy"}).status_code == 302
    assert "Bản án bị hủy" in lan.get(page).content.decode()


def made_code(page):
    return page.rstrip("/").rpartition("/")[2]


def test_lan_withdraws_on_the_page(as_person, load, facilities):
    load(as_csv())
    made = proposed(facilities)
    lan = as_person("lan")
    assert lan.get(f"{made.get_absolute_url()}rut/").status_code == 302
    lan.post(f"{made.get_absolute_url()}rut/")
    made.refresh_from_db()
    assert made.state == "withdrawn"
    assert "Đã rút đề nghị" in lan.get(made.get_absolute_url()).content.decode()


def test_an_erased_number_is_not_kept_in_another_writing(load, agencies):
    columns = [{"name": "ma", "key": True}, {"name": "so", "type": "integer", "personal": True}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="so", title="Số", columns=columns)
    header = ["ma", "so"]
    load(as_csv([("a", "92199"), ("b", "7"), ("", "92.199")], header=header), table=table)
    erase(table, column="so", values=["92199"])
    assert holders(("92199", "92.199")) == []
    ended = load(as_csv([("a", "92.199"), ("b", "8"), ("c", "092199")], header=header), table=table,
                 at=AT + timedelta(hours=1))  # fmt: skip
    assert (ended.accepted, ended.by_reason) == (1, {"erased": 2})
    assert [one.cells for one in ended.rejected_rows.all()] == [[], []]
    assert holders(("92199", "92.199")) == []


def test_what_was_erased_stays_out_when_its_column_is_called_otherwise(story, load):
    erase(story)
    columns = [{**one, "name": "ma"} if one["name"] == "ma_co_so" else one for one in COLUMNS]
    table = operations.change_table(actor=LAN, at=AT, table=Table.objects.get(pk=story.pk), title="Cơ sở",
                                    columns=columns, reason="Đổi tên cột")  # fmt: skip
    ended = load(as_csv(header=[one["name"] for one in columns]), table=table, at=AT + timedelta(days=1))
    assert (ended.accepted, ended.by_reason) == (2, {"erased": 1})


def test_a_lost_salt_stops_an_erasure_before_anything_is_written(story):
    erase(story)
    (Path(settings.DATA) / "keys" / "erased" / "0").unlink()
    table = Table.objects.get(pk=story.pk)
    made = proposed(table, values=["00200"])
    load = erasing.confirm(actor=HOA, at=AT, erasure=made)
    ended = loading.run_load(actor=WORKER, now=now, code=load.code)
    made.refresh_from_db()
    assert (ended.state, ended.fault, made.state) == ("failed", "erasure_salt", "proposed")
    assert replica.current(places.replicas(table))["version"] == 5


def test_a_file_another_load_waits_to_read_is_left_to_it(story, load, agencies):
    other = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="khac", title="Khác", columns=COLUMNS)
    waiting = operations.start_load(actor=LAN, at=AT, table=other, upload=operations.Upload("b.csv", [as_csv()]))
    erase(story)
    assert loading.run_load(actor=WORKER, now=now, code=waiting.code).state == "committed"
