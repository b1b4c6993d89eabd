"""Looking up to a hundred records up at once: one version, one answer for each key, told apart as one by one."""

import json

import pytest

from nganam.serving.snapshot import Grant, Service


def batch(keys, more=""):
    return "/DV-2026-0001/$batch?" + "&".join(f"key={one}" for one in keys) + more


@pytest.mark.law("TT13")
def test_each_key_is_answered_in_the_order_asked_absent_and_not_permitted_told_apart(call):
    reply = call(batch(["0003", "9999", "0002", "0001", "0003"]), "CT-SYT/HIS")
    assert reply.status == 200
    assert reply.json["data"] == [
        {"key": "0003", "result": "data", "data": {"ma": "0003", "giuong": 15}},
        {"key": "9999", "result": "data_absent", "data": None},
        {"key": "0002", "result": "data_not_permitted", "data": None},
        {"key": "0001", "result": "data", "data": {"ma": "0001", "giuong": 5}},
        {"key": "0003", "result": "data", "data": {"ma": "0003", "giuong": 15}},
    ]
    assert (reply.json["version"], reply.headers["x-lgsp-version"], reply.headers["x-lgsp-records"]) == (1, "1", "3")


def test_a_hundred_keys_are_answered_and_one_more_is_refused(call):
    keys = [f"{number:04d}" for number in range(1, 102)]
    assert [one["data"]["ma"] for one in call(batch(keys[:100])).json["data"]] == keys[:100]
    refused = call(batch(keys))
    assert (refused.status, refused.json["code"]) == (400, "bad_request")
    assert "100" in refused.json["detail"]
    assert call(batch([])).status == 400


def test_the_journal_holds_every_key_and_how_many_records_were_shared(call, data):
    keys = [f"{number:04d}" for number in range(1, 101)]
    assert call(batch(keys)).status == 200
    lines = [json.loads(line) for path in (data / "serving" / "journal").iterdir() for line in path.open()]
    assert all(f"key={one}" in lines[-1]["restPath"] for one in keys)
    assert (lines[-1]["records"], lines[-1]["fields"], lines[-1]["version"]) == ("100", "3", "1")
    assert lines[-1]["restPath"].startswith("/r1/VN/GOV/CT-SYT/KHO/DV-2026-0001/$batch?key=0001")


def test_what_the_log_could_not_hold_is_not_answered(call):
    long = call(batch(["9" * 150] * 20))
    assert (long.status, long.json["code"]) == (414, "address_too_long")
    assert "Chia" in long.json["hint"]


@pytest.mark.parametrize("address", [
    "/DV-2026-0001/?huyen={}", "/DV-2026-0001/?cursor={}", "/DV-2026-0001/$aggregate?huyen={}", "/DV-2026-0001/{}",
    "/DV-2026-0001/$changes?since=1&cursor={}", "/DV-2026-0001/0001?fields={}", "/DV-2026-0001/$batch?key=1&fields={}",
])  # fmt: skip
def test_no_question_longer_than_the_log_is_answered_and_one_as_long_is_read(call, address):
    before = len("/r1/VN/GOV/CT-SYT/KHO") + len(address.format(""))
    before += "?" not in address  # the sign of the query is counted whether there is one or not
    reply = call(address.format("x" * (2049 - before)))
    assert (reply.status, reply.json["code"]) == (414, "address_too_long")
    assert call(address.format("x" * (2048 - before))).json.get("code") != "address_too_long"


def test_neither_repeated_fields_nor_letters_of_four_bytes_hide_a_question(call):
    hidden = call(f"/DV-2026-0001/?fields={','.join(['ma'] * 800)}&huyen=x")
    wide = call(f"/DV-2026-0001/?huyen={'%F0%A0%80%80' * 200}")
    assert (hidden.status, wide.status) == (414, 414)
    assert call(f"/DV-2026-0001/?huyen={'%F0%A0%80%80' * 150}").json["data"] == []
    for form in ("", "0001", "$batch"):
        twice = call(f"/DV-2026-0001/{form}?fields=ma,ma{'&key=0001' if form == '$batch' else ''}")
        assert (twice.status, "lặp lại" in twice.json["detail"]) == (400, True)


@pytest.mark.parametrize(
    "more", ["&huyen=a", "&limit=1", "&fields=ma&fields=ten", "&key=", "&key=%00", "&key=" + "9" * 201]
)
def test_a_malformed_batch_is_refused(call, more):
    assert call(batch(["0001"], more)).json["code"] == "bad_request"


def test_a_key_of_many_records_is_told_beside_the_others(call):
    found = call("/DV-2026-0002/$batch?key=M%E1%BB%B9%20T%C3%BA&key=x").json["data"]
    assert [one["result"] for one in found] == ["ambiguous_key", "data_absent"]


def test_a_key_of_several_columns_is_written_as_in_the_address(call, data, serving_files):
    told = serving_files.snapshot(2)
    service = Service(
        "VN/GOV/CT-SYT/KHO/DV-2026-0001", "co-so-kham", told.services["DV-2026-0001"].fields, ("ma", "giuong")
    )
    grants = {"CT-SGDDT/HSHT": {"DV-2026-0001": Grant("TK-2026-0001", ("ma",))}}
    serving_files.publish(data, type(told)(2, told.published_at, {"DV-2026-0001": service}, grants))
    assert [one["result"] for one in call(batch(["0001,5", "0001,6"])).json["data"]] == ["data", "data_absent"]
    for bad in ("0001", "0001,x"):
        assert call(batch(["0001,5", bad])).status == 400


def test_a_reserved_word_may_be_written_encoded_and_another_word_is_a_key(call):
    assert call("/DV-2026-0001/%24batch?key=0001").json["data"][0]["result"] == "data"
    assert call("/DV-2026-0001/$khac").json["code"] == "data_absent"
    assert call(batch(["$batch"])).json["data"][0]["result"] == "data_absent"
    assert call("/DV-2026-0001/$batch/x?key=1").status == 404
