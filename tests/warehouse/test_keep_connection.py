"""A connection is entered on the source's page, its password kept sealed, sent to its own server only, never shown."""

import logging
import os
import uuid
from dataclasses import replace

import pymysql  # type: ignore[import-untyped]
import pytest
from django.core import serializers

from nganam.audit.models import Entry
from nganam.face import reaching
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.warehouse import connecting, loading, operations, places, queries, sealing, sourcing, trying
from nganam.warehouse.connecting import Entered
from nganam.warehouse.models import Connection, Source

from .conftest import AT, COLUMNS, DUNG, LAN, MINH, PHUC, WORKER, now, own_postgresql

PASSWORD = "Mật-khẩu 1:@/%?#&"
ROW = ("00123", "Trạm y tế Phường 5", "31498", 10, "2004-03-15")
TABLE = "ma_co_so CHAR(5), ten_co_so VARCHAR(200), ma_xa CHAR(5), so_giuong INT, ngay_hoat_dong DATE"
THERE = "203.0.114.5"


@pytest.fixture
def networks(settings, data):
    settings.NGANAM_WAREHOUSE_NETWORKS = "127.0.0.0/8"
    return settings


@pytest.fixture
def outside(monkeypatch):
    """Names mean a public address: nothing connects to it."""
    monkeypatch.setattr(reaching, "resolve", lambda _host, _port: [THERE])


def said(**values):
    usual = {"server": "may-chu.example", "port": 5432, "database": "kho", "user": "doc", "password": PASSWORD}
    return Entered(**usual | values)


def declare(actor=LAN, kind="postgresql", entered=None, **values):
    words = {"agency": "CT-SYT", "name": "Cơ sở", "relation": "co_so"} | values
    return sourcing.declare_source(actor=actor, at=AT, kind=kind, entered=entered or said(), **words)


def change(source, actor=LAN, **values):
    return sourcing.change_source(actor=actor, at=AT, source=Source.objects.get(pk=source.pk), **values)


def opened(source):
    return places.database(Source.objects.get(pk=source.pk)).address


@pytest.fixture(scope="module")
def postgresql():
    """A database on the real server, and an account with a password."""
    values = ", ".join(f"'{one}'" for one in ROW)
    fill = f"CREATE TABLE co_so ({TABLE}); INSERT INTO co_so VALUES ({values}); GRANT SELECT ON co_so TO {{account}}"
    with own_postgresql(PASSWORD, fill) as (name, host, port):
        yield "postgresql", Entered(host, port, name, name, PASSWORD)


@pytest.fixture(scope="module")
def mysql():
    """The same on MySQL or MariaDB."""
    user, password = os.environ.get("NGANAM_TEST_MYSQL_USER", "root"), os.environ.get("NGANAM_TEST_MYSQL_PASSWORD", "")
    try:
        link = pymysql.connect(host="127.0.0.1", user=user, password=password, connect_timeout=2, charset="utf8mb4")
    except pymysql.MySQLError as error:
        pytest.skip(f"không có MySQL hoặc MariaDB: {error}")
    name = f"nganam_{uuid.uuid4().hex[:8]}"
    with link, link.cursor() as told:
        told.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            told.execute(f"CREATE TABLE {name}.co_so ({TABLE})")
            told.execute(f"INSERT INTO {name}.co_so VALUES (%s, %s, %s, %s, %s)", ROW)
            link.commit()
            for host in ("%", "localhost"):
                told.execute(f"CREATE USER {name}@'{host}' IDENTIFIED BY {link.escape(PASSWORD)}")
                told.execute(f"GRANT SELECT ON {name}.* TO {name}@'{host}'")
            yield "mysql", Entered("127.0.0.1", 0, name, name, PASSWORD)
        finally:
            told.execute(f"DROP DATABASE {name}")
            told.execute(f"DROP USER IF EXISTS {name}@'%', {name}@'localhost'")


@pytest.mark.parametrize("server", ["postgresql", "mysql"])
def test_a_real_server_is_tried_and_loaded_by_a_kept_password(agencies, networks, request, server, caplog):
    kind, entered = request.getfixturevalue(server)
    source = declare(kind=kind, entered=entered)
    trying.try_source(actor=LAN, at=AT, source=queries.get_source_for(LAN, source.code))
    seen = Source.objects.get(pk=source.pk)
    assert (seen.fault, seen.seen_rows) == ("", 1), seen.message
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="tu-nguon", title="Cơ sở", columns=COLUMNS, source=seen
    )
    started = operations.start_load(actor=LAN, at=AT, table=table)
    done = loading.run_load(actor=WORKER, now=now, code=started.code)
    assert (done.state, done.accepted) == ("committed", 1), done.message
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("server", ["postgresql", "mysql"])
def test_a_wrong_password_is_told_and_is_nowhere(agencies, networks, request, server, caplog):
    kind, entered = request.getfixturevalue(server)
    # A server may take any password from its own machine; an account it does not know it refuses everywhere.
    source = declare(kind=kind, entered=replace(entered, user="khong_ai", password="Sai-Bét-9"))
    with caplog.at_level(logging.DEBUG):
        trying.try_source(actor=LAN, at=AT, source=queries.get_source_for(LAN, source.code))
    seen = Source.objects.get(pk=source.pk)
    assert seen.fault == "source_password"
    assert "Sai-Bét" not in f"{seen.message}{seen.hint}{seen.fault_params}{caplog.text}"


def test_the_password_is_in_no_row_record_or_word_about_it(agencies, networks, outside):
    source = declare()
    change(source, entered=said(password="Mật-khẩu-mới"))
    rows = serializers.serialize("json", [*Source.objects.all(), *Connection.objects.all()], ensure_ascii=False)
    entries = str(list(Entry.objects.filter(object_code=source.code).values()))
    kept = Connection.objects.get()
    reached = repr(places.database(source))
    for secret in (PASSWORD, "Mật-khẩu-mới"):
        assert secret not in rows + entries + repr(said()) + reached
        assert secret.encode() not in bytes(kept.sealed)
    assert "'password'" in entries
    assert (kept.set_at, kept.set_by) == (AT, "Lan")


def test_only_the_owners_focal_officer_enters_a_connection(agencies, networks, outside):
    source = declare()
    for actor in (MINH, PHUC, DUNG):
        with pytest.raises(NotAllowed):
            declare(actor, name="Khác")
        with pytest.raises(NotAllowed):
            change(source, actor, entered=said(password="khác"))
    assert sealed_text(source) == PASSWORD


def sealed_text(source):
    kept = Connection.objects.get(source=source)
    bound = connecting._bound(Source.objects.get(pk=source.pk), kept)
    return sealing.unseal(connecting._keys(), sealing.Sealed(kept.key, bytes(kept.sealed)), bound)


@pytest.mark.parametrize(
    "moved", [{"server": "khac.example"}, {"port": 5433}, {"user": "khac"}, {"server": "khac.example", "database": "b"}]
)
def test_a_kept_password_goes_to_no_server_of_somebodys_choosing(agencies, networks, outside, moved):
    source = declare()
    with pytest.raises(Invalid) as refused:
        change(source, entered=said(password="", **moved))
    assert "nhập lại mật khẩu" in refused.value.fields["password"][0]
    with pytest.raises(Invalid):
        change(source, kind="mysql")
    kept = Connection.objects.get()
    assert (kept.server, kept.port, kept.user) == ("may-chu.example", 5432, "doc")
    change(source, entered=said(password="mới", **moved))
    assert sealed_text(source) == "mới"


def test_a_row_changed_behind_the_platforms_back_opens_no_more(agencies, networks, outside):
    source, other = declare(), declare(name="Khác", entered=said(password="của nguồn khác"))
    taken = Connection.objects.get(source=other)
    spoiled = ({"server": "cua-toi.example"}, {"port": 1}, {"user": "khac"}, {"sealed": taken.sealed}, {"key": "../0"})
    for values in spoiled:
        before = Connection.objects.filter(source=source).values().get()
        Connection.objects.filter(source=source).update(**values)
        with pytest.raises(Invalid) as refused:
            opened(source)
        assert refused.value.details["fault"] == "source_secret"
        Connection.objects.filter(source=source).update(**before)
    Source.objects.filter(pk=source.pk).update(kind="mysql")
    with pytest.raises(Invalid):
        opened(source)


def test_an_empty_password_keeps_the_old_one_and_another_database_or_name_needs_none(agencies, networks, outside):
    source = declare()
    before = bytes(Connection.objects.get().sealed)
    change(source, entered=said(password="", database="kho_2"))
    change(source, name="Tên mới", relation="khac")
    kept = Connection.objects.get()
    assert (bytes(kept.sealed), kept.database) == (before, "kho_2")
    with pytest.raises(Invalid) as refused:
        declare(name="Chưa có", entered=said(password=""))
    assert "password" in refused.value.fields


def test_what_is_replaced_or_no_longer_needed_is_erased(agencies, networks, outside):
    source = declare()
    old = bytes(Connection.objects.get().sealed)
    change(source, entered=said())
    assert bytes(Connection.objects.get().sealed) != old, "the same password is sealed anew"
    changed = change(source, secret_ref="NGANAM_SOURCE_HIS")
    assert not Connection.objects.exists()
    assert (changed.entered, changed.secret_ref) == (None, "NGANAM_SOURCE_HIS")
    change(source, entered=said())
    assert Source.objects.get(pk=source.pk).secret_ref == ""
    change(source, kind="sqlite", secret_ref="y-te.sqlite")
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        ("127.0.0.1", ""), ("localhost", "10.0.0.0/8"), ("2130706433", ""), ("0x7f.1", ""), ("::1", ""), ("[::1]", ""),
        ("::ffff:127.0.0.1", ""), ("10.1.2.3", "10.2.0.0/16"), ("169.254.169.254", "0.0.0.0/0, ::/0"),
        ("fe80::1", "::/0"), ("0.0.0.0", "0.0.0.0/0"),  # noqa: S104
    ],
)  # fmt: skip
def test_an_address_the_operator_has_not_allowed_is_refused(agencies, networks, server, allowed):
    networks.NGANAM_WAREHOUSE_NETWORKS = allowed
    with pytest.raises(Invalid) as refused:
        declare(entered=said(server=server))
    assert "server" in refused.value.fields
    assert not Source.objects.exists()


def test_where_a_name_leads_is_asked_again_at_each_connection_and_pinned(agencies, networks, outside, monkeypatch):
    source = declare()
    assert places.database(source).pinned == THERE
    for meaning in (["127.0.0.2", "10.0.0.1"], ["169.254.169.254"], [THERE, "10.0.0.1"]):
        monkeypatch.setattr(reaching, "resolve", lambda _host, _port, meaning=meaning: meaning)
        trying.try_source(actor=LAN, at=AT, source=queries.get_source_for(LAN, source.code))
        assert Source.objects.get(pk=source.pk).fault == "source_private"
    networks.NGANAM_WAREHOUSE_NETWORKS = ""
    monkeypatch.setattr(reaching, "resolve", lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(Invalid):
        opened(source)


def test_the_pinned_address_is_connected_to_whatever_the_name_means(agencies, networks, postgresql, monkeypatch):
    kind, entered = postgresql
    monkeypatch.setattr(reaching, "resolve", lambda _host, _port: ["127.0.0.1"])
    named = Entered("khong-co.invalid", entered.port, entered.database, entered.user, PASSWORD)
    source = declare(kind=kind, entered=named)
    trying.try_source(actor=LAN, at=AT, source=queries.get_source_for(LAN, source.code))
    assert Source.objects.get(pk=source.pk).fault == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server", ""), ("server", "a@b"), ("server", "a,b"), ("server", "/var/run"), ("server", "a/b"),
        ("server", "a b"), ("server", "a..ệ"), ("port", 70_000), ("port", -1), ("database", ""),
        ("database", "host=khac"), ("database", "postgresql://khac"), ("database", "a?b"),
        ("user", " "), ("user", "a\nb"), ("password", "a\nb"), ("password", "a\x00"),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused_with_its_field(agencies, networks, outside, field, value):
    with pytest.raises(Invalid) as refused:
        declare(entered=said(**{field: value}))
    assert list(refused.value.fields) == [field]


def test_a_file_has_no_server_and_one_source_not_two_ways(agencies, networks, outside):
    for values, field in (({"kind": "sqlite"}, "kind"), ({"secret_ref": "NGANAM_SOURCE_HIS"}, "secret_ref")):
        with pytest.raises(Invalid) as refused:
            declare(**values)
        assert field in refused.value.fields


def test_a_new_key_opens_what_the_old_one_sealed_and_the_old_one_goes(agencies, networks, outside):
    source, lost = declare(), declare(name="Mất khóa")
    Connection.objects.filter(source=lost).update(key="da-mat")
    folder = connecting._keys()
    (old,) = folder.iterdir()
    assert (old.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    with pytest.raises(NotAllowed):
        connecting.rotate_key(actor=LAN, at=AT)
    assert connecting.rotate_key(actor=WORKER, at=AT) == 1
    (new,) = folder.iterdir()
    assert new.name != old.name
    assert sealed_text(source) == PASSWORD
    assert Entry.objects.filter(action="warehouse.sources.key_rotated").exists()
    new.unlink()
    with pytest.raises(Invalid) as refused:
        opened(source)
    assert refused.value.details["fault"] == "source_secret"


def test_by_the_page_it_is_entered_and_never_shown_again(agencies, networks, postgresql, client, lan):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username="lan"))
    _kind, entered = postgresql
    form = {
        "kind": "postgresql", "name": "Cơ sở", "relation": "co_so", "way": "entered", "server": entered.server,
        "port": str(entered.port), "database": entered.database, "user": entered.user, "password": PASSWORD,
    }  # fmt: skip
    refused = client.post("/kho/nguon/moi/", form | {"port": "0"}).content.decode()
    page = client.post("/kho/nguon/moi/", form)["Location"]
    client.post(f"{page}thu/")
    shown, changing = client.get(page).content.decode(), client.get(f"{page}sua/").content.decode()
    assert "Kết nối được" in shown
    assert "Đã đặt lúc" in shown
    assert entered.server in changing
    wrong = client.post(f"{page}sua/", form | {"server": "127.0.0.2", "password": ""}).content.decode()
    assert "nhập lại mật khẩu" in wrong
    for text in (refused, shown, changing, wrong):
        assert PASSWORD not in text
        assert "Mật-kh" not in text
    assert client.post(f"{page}sua/", form | {"password": "", "name": "Tên mới"}).status_code == 302
    assert client.post(f"{page}sua/", form | {"way": "ref", "secret_ref": ""}).status_code == 200
    assert Connection.objects.exists()
    done = client.post(f"{page}sua/", form | {"way": "ref", "secret_ref": "NGANAM_SOURCE_HIS"})
    assert done.status_code == 302
    assert not Connection.objects.exists()


def test_others_see_neither_the_server_nor_the_account(agencies, networks, outside, client):
    from nganam.accounts.models import Person

    source = declare()
    for name, status in (("minh", 200), ("phuc", 404)):
        client.force_login(Person.objects.get(username=name))
        answer = client.get(source.get_absolute_url())
        assert answer.status_code == status
        assert "may-chu.example" not in answer.content.decode()
        assert client.get(source.get_absolute_url() + "sua/").status_code in {403, 404}
        assert client.post(source.get_absolute_url() + "sua/", {"way": "entered"}).status_code in {403, 404}
