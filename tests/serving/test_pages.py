"""Reading page by page, with filters."""

import base64
from urllib.parse import quote

import msgspec
import pytest

from nganam.serving.snapshot import Grant


def walk(call, address, consumer="CT-SGDDT/HSHT"):
    found, cursor, pages = [], "", 0
    while True:
        reply = call(
            f"{address}{'&' if '?' in address else '?'}limit=60{f'&cursor={cursor}' if cursor else ''}", consumer
        )
        assert reply.status == 200, reply.body
        found += reply.json["data"]
        pages += 1
        cursor = reply.json["next"]
        if not cursor:
            return found, pages


def test_pages_give_every_record_once_in_key_order(call):
    found, pages = walk(call, "/DV-2026-0001")
    assert [one["ma"] for one in found] == [f"{number:04d}" for number in range(1, 251)]
    assert pages == 5
    assert set(found[0]) == {"ma", "ten", "cong_lap"}


def test_a_filter_narrows_also_by_a_column_that_is_not_granted(call):
    found, _ = walk(call, f"/DV-2026-0001/?huyen={quote('Kế Sách')}")
    assert len(found) == 125
    assert "huyen" not in found[0]


@pytest.mark.parametrize(
    ("question", "count"), [("giuong=50", 1), ("cong_lap=true", 83), ("cong_lap=false&giuong=5", 1)]
)
def test_filters_are_read_in_the_type_of_their_column(call, question, count):
    assert len(walk(call, f"/DV-2026-0001?{question}")[0]) == count


def test_the_granted_scope_holds_for_pages(call):
    found, _ = walk(call, "/DV-2026-0001", "CT-SYT/HIS")
    assert len(found) == 125
    assert all(set(one) == {"ma", "giuong"} for one in found)


def test_unknown_parameters_are_refused_with_the_known_ones(call):
    reply = call("/DV-2026-0001?quan=1")
    assert reply.status == 400
    assert reply.json["known"] == ["huyen", "giuong", "cong_lap", "fields", "sort", "limit", "cursor"]


@pytest.mark.parametrize(
    "question", ["limit=0", "limit=1001", "limit=abc", "limit=", "limit=-1", "limit=%D9%A1", "giuong=x",
                 "cong_lap=maybe", "huyen=a&huyen=b", "huyen=%ff", "a", "huyen=" + "x" * 201],
)  # fmt: skip
def test_malformed_parameters_are_refused(call, question):
    reply = call(f"/DV-2026-0001?{question}")
    assert (reply.status, reply.json["code"]) == (400, "bad_request")


def test_a_thousand_records_is_the_most(call):
    assert len(call("/DV-2026-0001?limit=1000").json["data"]) == 250


def test_a_changed_or_borrowed_cursor_is_refused(call):
    cursor = call("/DV-2026-0001?limit=10").json["next"]
    changed = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    for address, consumer in (
        (f"/DV-2026-0001?cursor={changed}", "CT-SGDDT/HSHT"),
        (f"/DV-2026-0001?cursor={cursor}", "CT-SYT/HIS"),
        (f"/DV-2026-0001?cursor={cursor}&giuong=5", "CT-SGDDT/HSHT"),
        ("/DV-2026-0001?cursor=%C3%A9", "CT-SGDDT/HSHT"),
        ("/DV-2026-0001?cursor=xx", "CT-SGDDT/HSHT"),
    ):
        reply = call(address, consumer)
        assert (reply.status, reply.json["code"]) == (400, "bad_request"), address


@pytest.mark.law("D35.3")
def test_a_cursor_does_not_tell_a_key_that_was_not_granted(data, call, serving_files):
    grants = {"CT-SGDDT/HSHT": {"DV-2026-0001": Grant("TK-2026-0001", ("ten",))}}
    serving_files.publish(data, serving_files.snapshot(2, grants))
    reply = call("/DV-2026-0001?limit=1")
    assert list(reply.json["data"][0]) == ["ten"]
    sealed = base64.urlsafe_b64decode(reply.json["next"] + "==")
    assert b"0001" not in sealed
    assert call(f"/DV-2026-0001?limit=1&cursor={reply.json['next']}").json["data"] == [{"ten": "Trạm y tế số 2"}]


@pytest.mark.law("D35.3")
def test_a_personal_column_that_was_not_granted_cannot_be_asked_by_either(data, call, serving_files):
    told = serving_files.snapshot(2)
    service = msgspec.structs.replace(told.services["DV-2026-0001"], personal=("giuong",))
    serving_files.publish(data, msgspec.structs.replace(told, services={**told.services, "DV-2026-0001": service}))
    refused = call("/DV-2026-0001?giuong=5")
    assert (refused.status, refused.json["known"]) == (400, ["huyen", "cong_lap", "fields", "sort", "limit", "cursor"])
    assert call("/DV-2026-0001?giuong=5", "CT-SYT/HIS").status == 200
