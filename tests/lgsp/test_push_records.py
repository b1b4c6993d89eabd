"""Pushed records as deeds: who opens a table to them, how they become a version, what the sender is told."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import scenes
from nganam.audit import queries as audit
from nganam.kernel.actors import VISITOR, Actor, Kind, Role, system
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp import queries as lgsp
from nganam.lgsp import reading
from nganam.lgsp.models import Push, PushRight
from nganam.lgsp.pushes import gathering, operations, queries
from nganam.lgsp.snapshots.withholding import withheld_told
from nganam.serving import pushing, spool
from nganam.warehouse import loading
from nganam.warehouse import queries as warehouse
from nganam.warehouse.models import Load, Table

pytestmark = pytest.mark.django_db
WORKER = system("worker")
LATER = scenes.AT + timedelta(minutes=1)
SENDER = "CT-SYT/HIS"
DOOR = "DAY-co-so-kham-chua-benh"
FIRST = {"ma_co_so": "00123", "ten_co_so": "Trạm y tế Phường 5", "loai": "Trạm y tế", "dien_thoai": "0299000001",
         "so_giuong": 10}  # fmt: skip


@pytest.fixture
def table(province) -> Table:
    return scenes.loaded_table()


@pytest.fixture
def right(table) -> PushRight:
    return granted(table)


def granted(table, code="HIS", **said):
    application = scenes.application(scenes.LAN, code)
    values = {"reason": "Hệ thống HIS gửi thay đổi hằng ngày."} | said
    return operations.grant_push(actor=scenes.LAN, at=scenes.AT, table=table, application=application, **values)


def record(**changes: Any) -> dict[str, Any]:
    return FIRST | changes


def pushed(data: Path, *records: dict[str, Any], receipt: str = "a", at: int = 0, consumer: str = SENDER) -> str:
    """Leave a push in the spool as the data server does."""
    lines = [json.dumps(one, ensure_ascii=False).encode() for one in records]
    when = (LATER + timedelta(seconds=at)).isoformat(timespec="microseconds")
    head = spool.Head((receipt * 32)[:32], consumer, when, len(lines), sum(map(len, lines)), f"sha-256=:{receipt}:")
    spool.folder(data, DOOR).mkdir(parents=True, exist_ok=True)
    spool.keep(spool.folder(data, DOOR), head, lines)
    return head.receipt


def gather(at=LATER) -> list[str]:
    return gathering.gather(actor=WORKER, now=lambda: at)


def run(code: str, at=LATER) -> Load:
    return loading.run_load(actor=WORKER, now=lambda: at + timedelta(seconds=5), code=code)


def said(data: Path, receipt: str, consumer: str = SENDER) -> pushing.Said:
    return pushing.find(spool.folder(data, DOOR), receipt, consumer)


def rows(table) -> dict[str, tuple[Any, ...]]:
    found = warehouse.rows(table)
    return {one["ma_co_so"]: (one["ten_co_so"], one["so_giuong"]) for one in found}


# -- who may --


@pytest.mark.law("S9.4", "S12.1")
def test_the_owner_lets_its_own_application_push_and_the_deed_is_recorded(table, data):
    right = granted(table)
    assert (right.door.code, right.is_live) == (DOOR, True)
    (entry,) = audit.entries(object_type="warehouse.table", object_code=table.code).filter(action="lgsp.push.granted")
    assert entry.details["application"] == SENDER
    (told,) = [one for one in queries.told_services() if one.code == DOOR]
    assert told.path("VN") == f"VN/GOV/CT-SYT/KHO/{DOOR}"
    assert (told.callers, told.pushed) == ((f"lgsp:VN/GOV/{SENDER}",), True)
    served = reading.decided_serving(LATER, 1).pushes[DOOR]
    assert (served.callers, served.key) == ((SENDER,), ("ma_co_so",))
    assert served.fields == ("ma_co_so", "ten_co_so", "loai", "dien_thoai", "so_giuong")


@pytest.mark.parametrize("actor", [scenes.PHUC, scenes.MINH, VISITOR,
                                   Actor(Kind.PERSON, "x", "X", "CT-SYT", frozenset({Role.ADMIN}))])  # fmt: skip
def test_nobody_else_may(table, actor):
    application = scenes.application(scenes.LAN, "HIS")
    with pytest.raises(NotAllowed):
        operations.grant_push(actor=actor, at=scenes.AT, table=table, application=application, reason="thử")
    right = operations.grant_push(actor=scenes.LAN, at=scenes.AT, table=table, application=application, reason="thử")
    if actor != scenes.MINH:  # who runs the LGSP closes what has to be closed
        with pytest.raises(NotAllowed):
            operations.end_push(actor=actor, at=LATER, right=right, reason="thử")


def test_another_agencys_application_or_no_reason_is_refused(table):
    foreign = scenes.application(scenes.PHUC, "MCDT")
    with pytest.raises(Invalid) as refused:
        operations.grant_push(actor=scenes.LAN, at=scenes.AT, table=table, application=foreign, reason=" ")
    assert set(refused.value.fields) == {"application", "reason"}
    assert not PushRight.objects.exists()


def test_a_table_without_a_key_or_with_a_source_takes_no_pushes(province):
    columns = [one | {"key": False} for one in scenes.COLUMNS]
    plain = scenes.table(code="khong-khoa", columns=columns)
    with pytest.raises(RuleBroken, match="khóa chính"):
        granted(plain)


def test_a_right_is_given_once_and_again_after_it_has_ended(right, table):
    with pytest.raises(StateMoved, match="đã có quyền"):
        operations.grant_push(actor=scenes.LAN, at=LATER, table=table, application=right.application, reason="lần nữa")
    operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason="Thay hệ thống")
    with pytest.raises(StateMoved):
        operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason="Thay hệ thống")
    again = operations.grant_push(
        actor=scenes.LAN, at=LATER, table=table, application=right.application, reason="lần nữa"
    )
    assert again.door == right.door


def test_an_ended_right_is_denied_at_once_and_told_to_nobody(right):
    mark = lgsp.decision_mark()
    with pytest.raises(Invalid):
        operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason=" ")
    operations.end_push(actor=scenes.MINH, at=LATER, right=right, reason="Sự cố an toàn thông tin")
    assert lgsp.decision_mark() != mark
    assert [(one.service, one.callers) for one in lgsp.decided_denials(LATER).closed] == [
        (DOOR, (f"lgsp:VN/GOV/{SENDER}",))
    ]
    assert DOOR not in reading.decided_serving(LATER, 1).pushes
    assert DOOR not in [one.code for one in queries.told_services()]


def test_one_of_two_ends_and_the_other_goes_on(right, table):
    granted(table, "KHAM")
    operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason="Thay hệ thống")
    (told,) = queries.told_services()
    assert told.callers == ("lgsp:VN/GOV/CT-SYT/KHAM",)
    (closed,) = lgsp.decided_denials(LATER).closed
    assert closed.callers == (f"lgsp:VN/GOV/{SENDER}",)


def test_a_snapshot_from_before_opens_no_door(table):
    before = reading.decided_serving(scenes.AT, 1)
    granted(table)
    now = reading.decided_serving(LATER, 2)
    assert withheld_told(before, now).pushes == {}
    assert set(withheld_told(now, now).pushes) == {DOOR}


def test_a_changed_declaration_reaches_the_data_server(right, table):
    mark = lgsp.decision_mark()
    from nganam.warehouse import operations as deeds

    columns = [*scenes.COLUMNS, {"name": "ghi_chu", "title": "Ghi chú"}]
    deeds.change_table(actor=scenes.LAN, at=LATER, table=table, columns=columns, title=table.title, reason="Thêm cột",
                       confirmed=True)  # fmt: skip
    assert lgsp.decision_mark() != mark
    assert reading.decided_serving(LATER, 1).pushes[DOOR].fields[-1] == "ghi_chu"


# -- what becomes of them --


@pytest.mark.law("S12.1")
def test_pushed_records_become_a_version_and_the_sender_is_told(right, table, data):
    receipt = pushed(data, record(so_giuong=15), record(ma_co_so="00300", ten_co_so="Trạm mới"))
    (code,) = gather()
    assert said(data, receipt).state == "loading"
    assert spool.waiting(spool.folder(data, DOOR)) == []
    load = run(code)
    assert (load.state, load.way, load.by) == ("committed", "push", f"LGSP: {SENDER}")
    assert gather() == []
    told = said(data, receipt)
    assert (told.state, told.version, told.accepted, told.rejected, told.load) == ("loaded", 2, 2, 0, code)
    assert rows(table) == {
        "00123": ("Trạm y tế Phường 5", 15), "00124": ("Trạm y tế Phường 7", 12), "00200": ("Bệnh viện Ngã Năm", 250),
        "00300": ("Trạm mới", 10),
    }  # fmt: skip
    version = warehouse.current_version(table)
    assert (version.added, version.changed, version.removed) == (1, 1, 0)
    with pytest.raises(pushing.problems.Refused):
        said(data, receipt, "CT-X31507/MCDT")


def test_a_first_push_makes_the_first_version(province, data):
    table = scenes.table()
    granted(table)
    receipt = pushed(data, record())
    run(gather()[0])
    gather()
    assert (said(data, receipt).version, rows(table)) == (1, {"00123": ("Trạm y tế Phường 5", 10)})


def test_what_is_wrong_is_told_record_by_record_and_the_rest_is_taken(right, table, data):
    good = pushed(data, record(ma_co_so="00301"), receipt="a")
    mixed = pushed(
        data, record(ma_co_so="00302"), record(ma_co_so="00303", so_giuong="nhiều"), record(ma_co_so="00302"),
        record(ma_co_so="00304", ten_co_so=None), receipt="b", at=1,
    )  # fmt: skip
    run(gather()[0])
    gather()
    assert (said(data, good).accepted, said(data, good).errors) == (1, [])
    told = said(data, mixed)
    assert (told.state, told.records, told.accepted, told.rejected) == ("loaded", 4, 1, 3)
    assert [(one["record"], one["column"], one["reason"]) for one in told.errors] == [
        (2, "so_giuong", "integer"), (3, "", "duplicate"), (4, "ten_co_so", "missing"),
    ]  # fmt: skip
    assert all(one["message"] for one in told.errors)
    assert "nhiều" not in str(told.errors), "a receipt holds no value"
    assert {"00301", "00302"} < set(rows(table))


def test_when_nothing_is_sound_the_table_stays_and_the_sender_is_told(right, table, data):
    receipt = pushed(data, record(so_giuong="x1"))
    assert run(gather()[0]).state == "unchanged"
    gather()
    told = said(data, receipt)
    assert (told.state, told.accepted, told.rejected) == ("unchanged", 0, 1)
    assert warehouse.current_version(table).number == 1


def test_pushes_of_one_record_are_loaded_one_after_the_other_and_the_last_sound_one_counts(right, table, data):
    first = pushed(data, record(so_giuong=1), record(ma_co_so="00124", so_giuong=2), receipt="b")
    other = pushed(data, record(ma_co_so="00200", so_giuong=9), receipt="a", at=1)
    wrong = pushed(data, record(so_giuong="nhiều"), record(ma_co_so="00124", so_giuong=3), receipt="c", at=2)
    loads = []
    while codes := gather():
        loads.append(run(codes[0]).code)
    assert len(loads) == 2
    assert {code: beds for code, (_name, beds) in rows(table).items()} == {"00123": 1, "00124": 3, "00200": 9}
    assert said(data, first).load == said(data, other).load == loads[0]
    told = said(data, wrong)
    assert (told.load, told.accepted, told.rejected) == (loads[1], 1, 1)


def test_what_stops_one_senders_records_stops_not_the_others(right, table, data):
    granted(table, "KHAM")
    good = pushed(data, record(ma_co_so="00301"), receipt="a")
    secret = pushed(data, record(ma_co_so="00302", ten_co_so="postgresql://a:bi-mat-1@10.0.0.5/yte"), receipt="b", at=1,
                    consumer="CT-SYT/KHAM")  # fmt: skip
    late = pushed(data, record(ma_co_so="00303"), receipt="c", at=2)
    (together,) = gather()
    assert run(together).fault == "scan_secret"
    ended = []
    while codes := gather():
        ended.append(run(codes[0]).state)
    assert sorted(ended) == ["committed", "committed", "failed"]
    assert {said(data, one).state for one in (good, late)} == {"loaded"}
    assert said(data, secret, "CT-SYT/KHAM").state == "failed"
    assert {"00301", "00303"} < set(rows(table))
    assert "00302" not in rows(table)


def test_after_a_change_of_columns_pushes_wait_for_the_table_to_be_loaded_whole(right, table, data, client):
    from nganam.warehouse import operations as deeds

    old = pushed(data, record(ma_co_so="00301"))
    columns = [*scenes.COLUMNS, {"name": "ghi_chu", "title": "Ghi chú"}]
    deeds.change_table(actor=scenes.LAN, at=LATER, table=table, columns=columns, title=table.title, reason="Thêm cột",
                       confirmed=True)  # fmt: skip
    assert gather() == []
    assert said(data, old).state == "waiting"
    sign_in(client)
    assert "đang chờ, chưa nạp được" in client.get(f"/kho/{table.code}/day-du-lieu/").content.decode()
    table = Table.objects.get(pk=table.pk)
    scenes.load(table, [(*row, "") for row in scenes.ROWS], at=LATER)
    run(gather()[0])
    gather()
    assert (said(data, old).state, said(data, old).accepted) == ("loaded", 1)


def test_while_somebody_may_push_the_key_stays_and_no_source_comes(right, table):
    from nganam.warehouse import operations as deeds

    without = [one | {"key": False} for one in scenes.COLUMNS]
    with pytest.raises(Invalid) as refused:
        deeds.change_table(actor=scenes.LAN, at=LATER, table=table, columns=without, title=table.title,
                           reason="Bỏ khóa", confirmed=True)  # fmt: skip
    assert "columns" in refused.value.fields
    operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason="Thôi dùng")
    deeds.change_table(actor=scenes.LAN, at=LATER, table=Table.objects.get(pk=table.pk), columns=without,
                       title=table.title, reason="Bỏ khóa", confirmed=True)  # fmt: skip
    pushed(data_of(), record(ma_co_so="00301"))
    assert gather() == [], "a record that comes again would stand twice"


def data_of() -> Path:
    from django.conf import settings

    place = Path(settings.DATA)
    spool.folder(place, DOOR).mkdir(parents=True, exist_ok=True)
    return place


def test_a_door_that_cannot_be_tended_keeps_no_other_from_it(right, table, data, monkeypatch):
    second = scenes.table(code="aa-bang-khac")
    operations.grant_push(
        actor=scenes.LAN, at=scenes.AT, table=second, application=right.application, reason="Kết nối HIS"
    )
    receipt = pushed(data, record(so_giuong=15))
    real = gathering.tell

    def tell(door, place):
        return 1 / 0 if door.table_id == second.pk else real(door, place)

    monkeypatch.setattr(gathering, "tell", tell)
    run(gather()[0])
    gather()
    assert said(data, receipt).state == "loaded"


def test_a_push_that_cannot_be_read_is_set_aside(right, table, data):
    pushed(data, record(so_giuong=15))
    broken = spool.folder(data, DOOR) / spool.WAITING / ("f" * 32)
    broken.write_bytes(b"\x00\x00")
    run(gather()[0])
    assert rows(table)["00123"][1] == 15
    assert (spool.folder(data, DOOR) / spool.BROKEN / ("f" * 32)).read_bytes() == b"\x00\x00"


def test_texts_in_unicode_are_never_taken_for_old_letters(right, table, data):
    name = "Tr¹m y tÕ x· TÊn ®«ng µ¸¶·¹"
    pushed(data, record(ma_co_so="00400", ten_co_so=name))
    run(gather()[0])
    assert rows(table)["00400"][0] == name


def test_what_comes_while_a_load_is_under_way_waits_for_the_next(right, table, data):
    pushed(data, record(so_giuong=1))
    (code,) = gather()
    second = pushed(data, record(so_giuong=2), receipt="b", at=1)
    assert gather() == []
    assert said(data, second).state == "waiting"
    assert queries.to_do() == ()
    run(code)
    assert queries.to_do() == ("told",)
    run(gather()[0])
    gather()
    assert queries.to_do() == ()
    assert (rows(table)["00123"][1], said(data, second).version) == (2, 3)


def test_an_acknowledged_push_is_loaded_though_the_right_has_ended(right, table, data):
    pushed(data, record(so_giuong=77))
    operations.end_push(actor=scenes.LAN, at=LATER, right=right, reason="Thay hệ thống")
    run(gather()[0])
    assert rows(table)["00123"][1] == 77


@pytest.mark.parametrize("place", ["tell", "unlink"])
def test_a_worker_killed_after_the_load_was_opened_takes_nothing_twice(right, table, data, monkeypatch, place):
    receipt = pushed(data, record(so_giuong=5))
    with monkeypatch.context() as killed:
        if place == "tell":
            killed.setattr(gathering, "tell", lambda *_: 1 / 0 if Push.objects.exists() else 0)
        else:
            killed.setattr(spool, "tell", lambda *_: 1 / 0)
        assert gather() == []
    assert Push.objects.count() == 1
    assert len(spool.waiting(spool.folder(data, DOOR))) == 1
    (load,) = Load.objects.filter(way="push")
    run(load.code)
    assert gather() == []
    assert (Load.objects.filter(way="push").count(), said(data, receipt).state) == (1, "loaded")
    assert spool.waiting(spool.folder(data, DOOR)) == []


def test_a_fault_of_ours_is_tried_again_with_the_same_records_before_newer_ones(right, table, data, monkeypatch):
    receipt = pushed(data, record(so_giuong=5))
    (code,) = gather()
    with monkeypatch.context() as broken:
        broken.setattr(loading.checking, "check", lambda *_, **__: 1 / 0)
        assert run(code).fault == "unexpected"
    newer = pushed(data, record(so_giuong=6), receipt="b", at=1)
    assert gather() == [], "it rests first"
    assert (said(data, receipt).state, said(data, newer).state) == ("loading", "waiting")
    (again,) = gather(LATER + timedelta(minutes=2))
    run(again, LATER + timedelta(minutes=2))
    (last,) = gather(LATER + timedelta(minutes=3))
    assert (said(data, receipt).state, said(data, receipt).load) == ("loaded", again)
    run(last, LATER + timedelta(minutes=3))
    assert rows(table)["00123"][1] == 6


def test_after_some_tries_newer_records_wait_no_longer(right, table, data, monkeypatch):
    receipt = pushed(data, record(so_giuong=5))
    at = LATER
    with monkeypatch.context() as broken:
        broken.setattr(loading.checking, "check", lambda *_, **__: 1 / 0)
        for _try in range(4):
            (code,) = gather(at)
            run(code, at)
            at += timedelta(minutes=20)
    gather(at)
    assert said(data, receipt).state == "failed"
    pushed(data, record(so_giuong=6), receipt="b", at=1)
    run(gather(at)[0], at)
    assert rows(table)["00123"][1] == 6


def test_what_a_rule_stopped_is_told_with_its_reason(right, table, data):
    from nganam.warehouse import operations as deeds

    deeds.change_table(
        actor=scenes.LAN, at=LATER, table=table, columns=scenes.COLUMNS, title=table.title, reason="Thêm quy tắc",
        rules=[{"name": "Không quá 300 giường", "kind": "sql", "severity": "error",
                "query": "SELECT * FROM rows WHERE so_giuong > 300"}],
    )  # fmt: skip
    receipt = pushed(data, record(so_giuong=301))
    load = run(gather()[0])
    assert load.state == "failed"
    gather()
    told = said(data, receipt)
    assert (told.state, told.accepted) == ("failed", 0)
    assert load.message in told.message
    assert rows(table)["00123"][1] == 10


def test_old_receipts_go_and_new_ones_stay(right, table, data):
    old, new = pushed(data, record(), receipt="a"), pushed(data, record(ma_co_so="00500"), receipt="b", at=200 * 86400)
    run(gather()[0])
    gather()
    assert gathering.forget_old(at=LATER + timedelta(days=200)) == 1
    with pytest.raises(pushing.problems.Refused):
        said(data, old)
    assert said(data, new).state == "loaded"


# -- pages --


def sign_in(client, name="lan"):
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(username=name))


def test_the_page_opens_a_right_shows_receipts_and_ends_it(table, data, client):
    sign_in(client)
    url = f"/kho/{table.code}/day-du-lieu/"
    assert "Chưa ứng dụng nào" in client.get(url).content.decode()
    application = scenes.application(scenes.LAN, "HIS")
    empty = client.post(url, {"application": application.pk, "reason": ""})
    assert empty.status_code == 422
    assert client.post(url, {"application": application.pk, "reason": "Kết nối HIS"}).status_code == 302
    pushed(data, record(so_giuong=15))
    run(gather()[0])
    gather()
    page = client.get(url).content.decode()
    assert f"/r1/VN/GOV/CT-SYT/KHO/{DOOR}" in page
    assert "Idempotency-Key" in page
    assert SENDER in page
    right = PushRight.objects.get()
    client.post(f"{url}{right.pk}/dong/", {"reason": "Thay hệ thống"})
    assert "Đã đóng" in client.get(url).content.decode()


def test_a_certificate_is_signed_for_an_application_without_an_account(right, table, client):
    from gateway_rig import certificate_request, ec

    sign_in(client)
    url = f"/kho/{table.code}/day-du-lieu/{right.pk}/chung-thu/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"csr": "không phải CSR"}).status_code == 422
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    page = client.post(url, {"csr": csr})
    assert "BEGIN CERTIFICATE" in page.content.decode()
    (made,) = lgsp.certificates_of(right.application)
    client.post(f"{url}{made.serial}/thu-hoi/")
    made.refresh_from_db()
    assert made.revoked_at is not None


def test_what_is_not_theirs_is_not_found(right, table, client):
    sign_in(client, "phuc")
    for rest in ("", f"{right.pk}/chung-thu/"):
        assert client.get(f"/kho/{table.code}/day-du-lieu/{rest}").status_code == 404
    assert client.post(f"/kho/{table.code}/day-du-lieu/{right.pk}/dong/", {"reason": "x"}).status_code == 404
    right.refresh_from_db()
    assert right.is_live
    with pytest.raises(NotFound):
        queries.get_right_for(scenes.LAN, table.code, right.pk + 1)


def test_a_receipt_at_rest_is_read_back_as_it_was_written(data):
    kept = pushing.Kept(SENDER, pushing.Said("a" * 32, "loaded", "2026", 1, "d", errors=[{"record": 1}]))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=pushing.Kept) == kept


def test_a_derived_table_takes_no_pushes_and_a_pushed_one_is_not_derived(right, table):
    from nganam.warehouse.transforms import operations as transforms

    plain = [one | {"personal": False} for one in scenes.COLUMNS[:2]]
    made = scenes.table(code="tu-mo-hinh", columns=plain)
    sql = "SELECT ma_co_so, ten_co_so FROM co_so_kham_chua_benh"
    transforms.save_model(actor=scenes.LAN, at=LATER, table=made, sql=sql)
    with pytest.raises(RuleBroken, match="mô hình"):
        operations.grant_push(
            actor=scenes.LAN, at=LATER, table=made, application=right.application, reason="Kết nối HIS"
        )
    with pytest.raises(Invalid, match="đẩy dữ liệu"):
        transforms.save_model(actor=scenes.LAN, at=LATER, table=table, sql="SELECT * FROM tu_mo_hinh")


def test_the_keeper_asks_the_worker_once_for_what_waits(right, table, data):
    from nganam.jobs.queries import waits_for
    from nganam.lgsp import tasks
    from nganam.lgsp.keeper import Keeper

    keeper = Keeper()
    gather()  # which makes the folder of the door
    keeper.hand_on_pushes()
    assert not waits_for(tasks.gather_pushes), "nothing waits"
    receipt = pushed(data, record(so_giuong=15))
    keeper.hand_on_pushes()
    keeper.hand_on_pushes()
    assert waits_for(tasks.gather_pushes)
    from django_tasks_db.models import DBTaskResult

    assert DBTaskResult.objects.ready().filter(task_path=tasks.gather_pushes.module_path).count() == 1
    assert said(data, receipt).state == "waiting"


def test_a_program_opens_a_right_by_the_same_deed(table):
    from by_program import JSON, done, program_of, refused

    scenes.application(scenes.LAN, "HIS")
    lan, url = program_of(scenes.LAN), f"/api/v1/tables/{table.code}/push-rights"
    said = {"application": "HIS", "reason": "Kết nối HIS"}
    refused(lan.post(url, said | {"application": "KHONG"}, **JSON), 422, "invalid")
    made = done(lan.post(url, said, **JSON), 201)
    assert (made["application"], made["address"]) == (SENDER, f"/r1/VN/GOV/CT-SYT/KHO/{DOOR}")
    assert [one["right"] for one in done(lan.get(url))] == [made["right"]]
    ended = done(lan.post(f"{url}/{made['right']}/end", {"reason": "Thay hệ thống"}, **JSON))
    assert ended["end_reason"] == "Thay hệ thống"
    assert program_of(scenes.PHUC).get(url).status_code == 404


def test_officers_are_told_of_pushes_that_went_wrong_and_not_of_every_one(right, table, data):
    from nganam.notices import queries as notices

    before = notices.inbox(scenes.LAN).count()
    pushed(data, record(ma_co_so="00301"), receipt="a")
    run(gather()[0])
    assert notices.inbox(scenes.LAN).count() == before
    pushed(data, record(ma_co_so="00302", so_giuong="nhiều"), record(ma_co_so="00303"), receipt="b", at=1)
    gather()
    run(Load.objects.filter(way="push").first().code)
    assert notices.inbox(scenes.LAN).count() == before + 1
