"""Looking one record up by its key."""

from datetime import UTC, datetime

import pytest


@pytest.mark.law("D35.3", "S12.2")
def test_only_the_granted_fields_are_answered(call):
    reply = call("/DV-2026-0001/0003")
    assert reply.status == 200
    assert reply.json["data"] == {"ma": "0003", "ten": "Trạm y tế số 3", "cong_lap": True}
    assert reply.json["version"] == 1
    assert reply.headers["content-type"] == "application/json"
    assert (reply.headers["x-lgsp-fields"], reply.headers["x-lgsp-records"]) == ("3", "1")
    assert reply.headers["x-lgsp-account"] == "TK-2026-0001"


def test_leading_zeros_are_part_of_the_key(call):
    reply = call("/DV-2026-0001/3")
    assert (reply.status, reply.json["code"]) == (404, "data_absent")
    assert "số 0" in reply.json["hint"]


@pytest.mark.law("TT13")
def test_absent_data_and_data_not_permitted_are_told_apart(call):
    """TT 13/2017: the answer says whether data exists."""
    absent, outside, inside = (call(f"/DV-2026-0001/{key}", "CT-SYT/HIS") for key in ("9999", "0002", "0001"))
    assert (absent.status, absent.json["code"]) == (404, "data_absent")
    assert (outside.status, outside.json["code"]) == (403, "data_not_permitted")
    assert inside.json["data"] == {"ma": "0001", "giuong": 5}


def test_a_refusal_names_the_request(call):
    reply = call("/DV-2026-0001/9999")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["request_id"] == "yc-1"


def test_a_consumer_without_an_account_gets_nothing(call):
    reply = call("/DV-2026-0001/0001", "CT-SXD/QH")
    assert (reply.status, reply.json["code"]) == (403, "not_granted")


def test_an_account_ends_at_its_instant(call, clock):
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    assert call("/DV-2026-0001/0001").json["code"] == "not_granted"


def test_a_key_of_many_records_is_refused_with_what_to_do(call):
    reply = call("/DV-2026-0002/M%E1%BB%B9%20T%C3%BA")
    assert (reply.status, reply.json["code"]) == (409, "ambiguous_key")
    assert "huyen" in reply.json["hint"]


@pytest.mark.parametrize("address", ["/DV-2026-0009/1", "/", "/DV-2026-0001/a/b", "/%00/x", "//"])
def test_an_address_of_nothing_is_not_found(call, address):
    assert call(address).status in {400, 404}


@pytest.mark.parametrize(
    "address", ["/DV-2026-0001/%ff", "/DV-2026-0001/" + "9" * 201, "/DV-2026-0001/1,2", "/DV-2026-0001/0001?a=1"]
)
def test_a_malformed_question_is_refused(call, address):
    reply = call(address)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert reply.json["hint"]


@pytest.mark.parametrize("key", ["' OR 1=1 --", '"; DROP TABLE rows; --', "0001' UNION SELECT 1,2,3 --"])
def test_a_key_is_never_read_as_sql(call, key):
    from urllib.parse import quote

    assert call(f"/DV-2026-0001/{quote(key, safe='')}").json["code"] == "data_absent"


def test_an_unchanged_answer_is_not_sent_again(call):
    from nganam.serving.secret import shared_secret  # the caller is the gateway

    etag = call("/DV-2026-0001/0001").headers["etag"]
    from django.conf import settings

    headers = [
        (b"x-lgsp-consumer", b"CT-SGDDT/HSHT"), (b"x-lgsp-gate", shared_secret(settings.DATA).encode()),
        (b"if-none-match", etag.encode()),
    ]  # fmt: skip
    reply = call("/DV-2026-0001/0001", headers=headers)
    assert (reply.status, reply.body) == (304, b"")


def test_writing_is_refused(call):
    assert call("/DV-2026-0001/0001", method="POST").status == 405
