"""A JSON API is declared as a source, tried, and loaded; its key goes to its own server and into no row or word."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core import serializers
from django.test import Client

from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import apis, loading, operations, queries, sourcing, trying
from nganam.warehouse.apis import Said
from nganam.warehouse.models import Api, Source

from .conftest import AT, LAN, PHUC, WORKER, now
from .test_read_rest_pages import SECRET, Server, by_page

COLUMNS = [
    {"name": "ma", "title": "Mã", "key": True},
    {"name": "ten", "title": "Tên"},
    {"name": "xa_ma", "title": "xa.ma"},
]


@pytest.fixture
def server(settings, agencies):
    settings.NGANAM_WAREHOUSE_NETWORKS = "127.0.0.0/8"
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def said(server, **more):
    words = {"address": f"{server.base}/api/co-so", "params": (("loai", "BV"),), "paging": "page", "param": "trang",
             "auth": "header", "auth_name": "X-Api-Key", "secret": SECRET}  # fmt: skip
    return Said(**words | more)


def declared(server, **more):
    return apis.declare_api(actor=LAN, at=AT, agency="CT-SYT", name="API cơ sở", said=said(server, **more))


def guarded(path, query, headers):
    if headers.get("X-Api-Key") != SECRET:
        return 401, {}, {"loi": SECRET}
    return by_page(path, query, headers)


def table_of(source):
    return operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="api", title="Từ API", columns=COLUMNS, source=source
    )


def run(table):
    code = operations.start_load(actor=LAN, at=AT, table=table).code
    return loading.run_load(actor=WORKER, now=now, code=code)


def everywhere():
    """Return all that is kept, but the keys, as text."""
    from django.apps import apps as registry

    rows = [one for model in registry.get_models() for one in model._default_manager.all()]
    files = [path.read_bytes().decode("utf-8", "replace") for path in Path(settings.DATA).rglob("*")
             if path.is_file() and "keys" not in path.parts]  # fmt: skip
    return serializers.serialize("json", rows) + "".join(files)


@pytest.mark.law("S12", "S9.4")
def test_an_api_is_tried_and_loaded_page_after_page_with_its_key(server):
    server.answer = guarded
    source = declared(server)
    tried = trying.try_source(actor=LAN, at=AT, source=source)
    assert (tried.fault, tried.seen_rows) == ("", 7)
    assert {"ma", "ten", "so"} <= {one["title"] for one in tried.seen}
    ended = run(table_of(source))
    assert (ended.state, ended.fault, ended.accepted) == ("committed", "", 7)
    assert [row["ma"] for row in queries.rows(ended.table)][:2] == ["CS00", "CS01"]
    assert all(query["loai"] == "BV" for _path, query, _headers in server.asked)
    assert SECRET not in everywhere()
    assert SECRET not in repr(said(server)) + repr(apis.reader(source))
    again = run(ended.table)
    assert again.state == "unchanged"


def test_a_page_that_fails_leaves_the_table_as_it_was(server):
    server.answer = guarded
    table = table_of(declared(server))
    assert run(table).state == "committed"
    server.answer = lambda path, query, headers: (
        (500, {}, "hỏng") if query["trang"] == "2" else guarded(path, query, headers)
    )
    ended = run(table)
    assert (ended.state, ended.fault) == ("failed", "rest_down")
    assert queries.current_version(table).number == 1


def test_a_try_tells_what_is_wrong_and_nothing_the_server_said(server):
    server.answer = guarded
    source = declared(server, secret="sai-khoa")
    tried = trying.try_source(actor=LAN, at=AT, source=source)
    assert tried.fault == "rest_denied"
    assert SECRET not in everywhere()
    server.answer = lambda *_asked: (200, {}, b"<html>")
    assert trying.try_source(actor=LAN, at=AT, source=source).fault == "rest_not_json"


WRONG = [
    ({"address": "ftp://x/"}, "address"),
    ({"address": "http://10.1.2.3/x"}, "address"),
    ({"address": "https://127.0.0.1/x?khoa=1"}, "address"),
    ({"paging": "kieu-la"}, "paging"),
    ({"param": ""}, "param"),
    ({"paging": "cursor"}, "next_path"),
    ({"size": 10}, "size"),
    ({"auth": "x"}, "auth"),
    ({"auth_name": "Host"}, "auth_name"),
    ({"auth_name": "X Key"}, "auth_name"),
    ({"auth": "basic", "auth_name": "a:b"}, "auth_name"),
    ({"secret": "khóa có dấu"}, "secret"),
    ({"secret": ""}, "secret"),
    ({"params": (("", "x"),)}, "params"),
]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(server):
    for more, field in WRONG:
        with pytest.raises(Invalid) as refused:
            declared(server, **more)
        assert set(refused.value.fields) == {field}, more
    with pytest.raises(Invalid):
        apis.declare_api(actor=LAN, at=AT, agency="CT-SYT", name=" ", said=said(server))
    with pytest.raises(NotAllowed):
        apis.declare_api(actor=PHUC, at=AT, agency="CT-SYT", name="x", said=said(server))
    assert not Source.objects.exists()
    assert not Api.objects.exists()


def test_a_kept_key_goes_to_no_other_server_and_proves_in_no_other_way(server):
    source = declared(server)
    kept = replace(said(server), secret="")

    def change(**more):
        return apis.change_api(actor=LAN, at=AT, source=Source.objects.get(pk=source.pk), name="Tên mới",
                               said=replace(kept, **more))  # fmt: skip

    for more in ({"address": "http://127.0.0.2:9/api"}, {"auth": "bearer", "auth_name": ""}, {"auth_name": "X-Khac"}):
        with pytest.raises(Invalid) as refused:
            change(**more)
        assert "secret" in refused.value.fields
    changed = change(address=f"{server.base}/api/khac", params=())
    assert (changed.name, changed.tried_at) == ("Tên mới", None)
    assert apis.reader(changed).headers == {"X-Api-Key": SECRET}
    Api.objects.update(address="http://127.0.0.2:9/api")  # behind the platform's back
    with pytest.raises(Invalid) as refused:
        apis.reader(source)
    assert refused.value.details["fault"] == "source_secret"
    change(auth="none", auth_name="", address=f"{server.base}/api")
    assert (Api.objects.get().key, bytes(Api.objects.get().sealed)) == ("", b"")
    told = str([one.details for one in Entry.objects.filter(action="warehouse.source.changed")])
    assert "auth" in told
    assert SECRET not in told


def test_while_it_is_loaded_it_is_not_changed_and_it_becomes_no_other_kind(server):
    source = declared(server)
    operations.start_load(actor=LAN, at=AT, table=table_of(source))
    with pytest.raises(RuleBroken):
        apis.change_api(actor=LAN, at=AT, source=source, name="x", said=said(server))
    with pytest.raises(Invalid):
        sourcing.change_source(actor=LAN, at=AT, source=source, kind="file", secret_ref="a.csv")
    with pytest.raises(Invalid):
        sourcing.declare_source(actor=LAN, at=AT, agency="CT-SYT", kind="rest", name="x")
    with pytest.raises(Invalid):
        operations.declare_table(
            actor=LAN, at=AT, agency="CT-SYT", code="c", title="C", columns=COLUMNS, source=source, cursor="ma"
        )


def test_lan_declares_tries_and_changes_an_api_on_the_pages(server):
    from nganam.accounts.models import Person

    server.answer = guarded
    lan, phuc = Client(), Client()
    lan.force_login(Person.objects.get(username="lan"))
    phuc.force_login(Person.objects.get(username="phuc"))
    form = {"name": "API cơ sở", "address": f"{server.base}/api/co-so", "params": "loai=BV\n", "paging": "page",
            "param": "trang", "auth": "header", "auth_name": "X-Api-Key", "secret": SECRET}  # fmt: skip
    refused = lan.post("/kho/nguon/api/moi/", {**form, "params": "loai", "param": ""})
    assert refused.status_code == 422
    assert "tên=giá trị" in refused.content.decode()
    page = lan.post("/kho/nguon/api/moi/", form)["Location"]
    lan.post(f"{page}thu/")
    shown = lan.get(page).content.decode()
    assert "Kết nối được" in shown
    assert f"{server.base}/api/co-so" in shown
    assert SECRET not in shown
    change = lan.get(f"{page}sua/")
    assert change["Location"] == f"{page}api/"
    assert SECRET not in lan.get(f"{page}api/").content.decode()
    assert lan.post(f"{page}api/", {**form, "name": "API mới", "secret": ""}).status_code == 302
    assert "API mới" in lan.get(page).content.decode()
    assert phuc.get(f"{page}api/").status_code == phuc.post(f"{page}api/", form).status_code == 404


def test_a_zero_byte_in_an_answer_breaks_neither_a_try_nor_a_load(server):
    server.answer = lambda *_asked: (200, {}, [{"ma": "a\0b", "ten": "x", "xa_ma": "1"}])
    source = declared(server, paging="none", param="")
    assert trying.try_source(actor=LAN, at=AT, source=source).fault == ""
    server.answer = lambda *_asked: (200, {}, b'{"a\\u0000\\ud800": [{"x": 1}], "b": [{"x": 1}]}')
    assert trying.try_source(actor=LAN, at=AT, source=source).fault == "several_parts"


def test_a_try_of_a_slow_api_ends_soon(server, monkeypatch):
    begun, pages = time.monotonic(), itertools.count()
    monkeypatch.setattr(trying, "SECONDS", 1)

    def slow(*_asked):
        time.sleep(0.4)
        return 200, {}, [{"ma": str(next(pages))}]

    server.answer = slow
    tried = trying.try_source(actor=LAN, at=AT, source=declared(server))
    assert tried.fault == ""
    assert 1 <= tried.seen_rows < 10
    server.answer = lambda *_asked: (503, {"Retry-After": "30"}, {})
    assert trying.try_source(actor=LAN, at=AT, source=tried).fault == "rest_down"
    assert time.monotonic() - begun < 20
