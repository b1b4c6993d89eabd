"""Rows are scanned before the lake takes them: a secret stops, personal data warn or stop, the owner may admit."""

import re

import pytest
from django.test import Client

from nganam.audit.models import Entry
from nganam.kernel.actors import Role
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from nganam.notices.models import Notice
from nganam.scanning import credentials
from nganam.warehouse import loading, operations, queries
from nganam.warehouse.engine.duck import duck

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
SECRETS = {
    "private_key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "cloud_key": "khóa AKIA" + "ABCDEFGHIJKLMNOP cũ",
    "token": TOKEN,
    "address_password": "postgresql://lan:bi-mat-1@10.0.0.5/yte",
    "password_hash": "$2b$12$" + "abcdefghijklmnopqrstuv" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
    "password_told": "Mật khẩu: Yte@2026",
}
SOUND = ("mật độ dân số: 1200", "quên mật khẩu thì gọi tổng đài", "https://yte.vn/a@b", "AKIA", "eyJ", "Trạm y tế")
CCCD = [f"0010900{at:05d}" for at in range(6)]


def with_names(names):
    return as_csv([(f"{at:05d}", name, "31498", "", "") for at, name in enumerate(names, 1)])


def again(load, reason="Chuỗi mẫu trong tài liệu hướng dẫn."):
    made = operations.admit_findings(actor=LAN, at=AT, load=load, reason=reason)
    return loading.run_load(actor=WORKER, now=lambda: AT, code=made.code)


@pytest.mark.parametrize(("kind", "text"), list(SECRETS.items()))
def test_python_and_the_engine_find_the_same_secret(kind, text):
    with duck() as base:
        for one, pattern in credentials.PATTERNS.items():
            told = base.execute("SELECT regexp_matches(?, ?)", [text, pattern]).fetchone()[0]
            assert told == bool(re.search(pattern, text)) == (one == kind), one
            for sound in SOUND:
                assert not re.search(pattern, sound), (one, sound)


def test_a_masked_value_says_where_not_what():
    assert credentials.masked(TOKEN) == "gh••••••••••"
    assert credentials.masked("12") == "••"


def test_one_secret_among_many_rows_stops_the_load_and_the_version_stays(load, facilities):
    load(as_csv())
    done = load(with_names([*(f"Trạm {at}" for at in range(6000)), f"mã {TOKEN}"]))
    assert (done.state, done.fault, queries.current_version(facilities).number) == ("failed", "scan_secret", 1)
    assert "Chấp nhận" in done.hint or "chấp nhận" in done.hint
    found = next(one for one in done.findings if one["kind"] == "token")
    assert (found["column"], found["hits"], found["seen"], found["sample"]) == ("ten_co_so", 1, 6001, "mã••••••••••")
    kept = f"{list(Notice.objects.values())} {list(Entry.objects.values())} {done.findings} {done.fault_params}"
    assert TOKEN not in kept
    assert TOKEN[:12] not in kept


def test_a_column_called_password_stops_only_where_it_holds_any(load, agencies):
    columns = [*COLUMNS[:1], {"name": "mat_khau", "title": "Mật khẩu"}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="tk", title="Tài khoản", columns=columns)
    head = ["ma_co_so", "mat_khau"]
    assert load(as_csv([("1", "chưa"), ("2", "")], header=head), table=table).state == "committed"
    done = load(as_csv([("1", "Abc12345")], header=head), table=table)
    assert (done.fault, done.findings[0]["kind"]) == ("scan_secret", "password_column")


@pytest.mark.law("S4")
def test_undeclared_personal_data_warn_or_stop_as_the_table_says(load, facilities):
    done = load(with_names(CCCD))
    assert (done.state, done.scanned) == ("committed", 6)
    assert [(one["column"], one["kind"], one["hits"]) for one in done.findings] == [("ten_co_so", "cccd", 6)]
    columns = [*COLUMNS[:1], {**COLUMNS[1], "personal": True}, *COLUMNS[2:]]
    operations.change_table(actor=LAN, at=AT, table=facilities, columns=COLUMNS, title="Cơ sở", personal_stops=True)
    stopped = load(with_names([*CCCD, "001090099999"]))
    assert (stopped.state, stopped.fault) == ("failed", "scan_personal")
    assert queries.current_version(facilities).rows == 6
    facilities.refresh_from_db()
    operations.change_table(actor=LAN, at=AT, table=facilities, columns=columns, title="Cơ sở")
    assert load(with_names([*CCCD, "001090099999"])).findings == []


@pytest.mark.law("S27.3")
def test_a_mark_of_secrecy_stops_the_load_and_the_police_are_told(load, facilities):
    assert load(with_names(["TÀI LIỆU MẬT"])).fault == "scan_secret"
    assert Notice.objects.filter(role=Role.POLICE.value, title__contains="bí mật nhà nước").exists()


def test_what_the_owner_admits_with_a_reason_is_loaded_now_and_later_until_withdrawn(load, facilities):
    stopped = load(with_names([TOKEN]))
    for actor in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            operations.admit_findings(actor=actor, at=AT, load=stopped, reason="x")
    with pytest.raises(Invalid):
        operations.admit_findings(actor=LAN, at=AT, load=stopped, reason=" ")
    done = again(stopped)
    assert (done.state, done.landing_sha, done.findings[0]["admitted"]) == ("committed", stopped.landing_sha, True)
    entry = Entry.objects.get(action="warehouse.findings.admitted")
    assert (entry.details["reason"], entry.details["load"]) == (done.reason, stopped.code)
    with pytest.raises(RuleBroken):
        operations.admit_findings(actor=LAN, at=AT, load=stopped, reason="lần nữa")
    assert load(with_names([TOKEN, "Trạm"])).state == "committed"
    assert load(with_names(["-----BEGIN " + "PRIVATE KEY-----"])).fault == "scan_secret", "another kind"
    admission = facilities.finding_admissions.get()
    with pytest.raises(NotFound):
        queries.get_admission_for(PHUC, facilities.code, admission.pk)
    operations.withdraw_admission(actor=LAN, at=AT, admission=admission)
    assert load(with_names([TOKEN, "Trạm mới"])).fault == "scan_secret"


def test_lan_reads_masked_findings_admits_and_withdraws_on_pages(load, facilities, run_jobs):
    from nganam.accounts.models import Person

    load(as_csv(ROWS))
    stopped = load(with_names([TOKEN]))
    lan, minh = Client(), Client()
    lan.force_login(Person.objects.get(username="lan"))
    minh.force_login(Person.objects.get(username="minh"))
    page = lan.get(stopped.get_absolute_url()).content.decode()
    assert "Mã truy cập (token)" in page
    assert "gh••••••••••" in page
    assert TOKEN not in page
    assert "Chấp nhận và nạp" not in minh.get(stopped.get_absolute_url()).content.decode()
    address = f"{stopped.get_absolute_url()}chap-nhan/"
    assert minh.post(address, {"reason": "x"}).status_code == 404
    assert lan.post(address, {"reason": ""}).status_code == 422
    assert lan.post(address, {"reason": "Chuỗi mẫu."}).status_code == 302
    run_jobs()
    assert "Chuỗi mẫu." in lan.get("/kho/co-so-kham-chua-benh/").content.decode()
    withdraw = f"/kho/co-so-kham-chua-benh/phat-hien/{facilities.finding_admissions.get().pk}/thoi/"
    assert lan.post(withdraw).status_code == 302
    assert not facilities.finding_admissions.exists()
