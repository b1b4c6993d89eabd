"""Rows for monitoring: made of the evidence by index, each once; retention; who sees what."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

import scenes
from evidence_rig import call, collected, entries, line, log_folder, write
from nganam.audit.models import Entry
from nganam.kernel.errors import Unavailable
from nganam.lgsp import logbook, monitoring, retention
from nganam.lgsp.evidence import guard, proofs
from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence.verifying import verify_log
from nganam.lgsp.logbook import ingest_log, verify_rows
from nganam.lgsp.models import Exchange, Intake
from nganam.lgsp.publishing import KEEPER
from nganam.lgsp.retention import drop_old_entries

pytestmark = pytest.mark.django_db


@pytest.mark.law("D45", "D45.2")
def test_an_entry_becomes_an_exchange_with_the_groups_of_article_45(data, at):
    digest = "sha-256=:" + "A" * 43 + "=:"
    said = {
        "messageId": "ho-so-17",
        "messageIssue": "HS-17",
        "purpose": "MD-1",
        "snapshot": "12",
        "responseDigest": digest,
    }
    collected(data, line(7, **said))
    assert ingest_log(at=at) == 1
    one = Exchange.objects.get()
    assert (one.seq, one.form, one.at.isoformat()) == (1, "lookup", "2026-11-03T02:00:07.123456+00:00")
    assert (one.consumer_agency, one.application, one.account) == ("CT-X31507", "MCDT", "TK-2026-0001")
    assert (one.provider, one.service, one.path.rpartition("/")[2]) == ("CT-SYT", "DV-2026-0001", "00007")
    assert (one.status, one.fields, one.records, one.version, one.response_bytes) == (200, 2, 1, 3, 110)
    assert (one.duration_ms, one.request_id, one.message_id, one.issue) == (7, "yc-7", "ho-so-17", "HS-17")
    assert (one.purpose, one.snapshot, one.response_digest, one.node) == ("MD-1", 12, digest, "gateway")
    assert one.request_digest.startswith("sha-256=:47DEQpj8HBSa")


def test_entries_are_taken_once_in_their_order(data, at):
    collector = collected(data, *(line(n) for n in range(300)))
    assert [ingest_log(at=at), ingest_log(at=at)] == [300, 0]
    write(log_folder(data) / "access.log", *(line(n) for n in range(300, 5000)))
    while collector.turn().entries:
        pass
    assert ingest_log(at=at) == 4700
    assert list(Exchange.objects.order_by("seq").values_list("request_id", flat=True)) == [
        f"yc-{n}" for n in range(5000)
    ]
    assert verify_rows() == logbook.Rows(5000)


def test_without_evidence_there_is_nothing_to_take(data, at):
    assert ingest_log(at=at) == 0


def test_what_is_no_call_is_counted_and_does_not_stop_the_rest(data, at):
    strange = line(3, statusCode=None, consumer="\x00" * 90, fields="x", responseSize=10**30)
    collected(data, line(1), "rác\n", '{"at": "hôm qua"}\n', line(2), strange)
    assert ingest_log(at=at) == 3
    assert list(Exchange.objects.order_by("seq").values_list("seq", flat=True)) == [1, 4, 5]
    assert Intake.objects.get().unreadable == 1
    assert verify_rows().broken is None


def test_two_who_read_the_same_entries_take_them_once(data, at):
    collector = collected(data, line(1), line(2))
    found = list(logbook.entries_from(0, 2))
    assert ingest_log(at=at) == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        logbook._take(collector.signer.name, 0, found, at)
    assert Exchange.objects.count() == 2


def test_a_recovered_call_whose_line_came_is_counted_once(data, at):
    recovered = line(2, kind="recovered")
    collector = collected(data, line(1), recovered)
    ingest_log(at=at)
    assert Exchange.objects.get(seq=2).is_recovered
    collector.state.recovered["yc-2"] = 1
    write(log_folder(data) / "access.log", line(2, statusCode=404))
    collector.turn()
    ingest_log(at=at)
    assert list(Exchange.objects.order_by("seq").values_list("seq", "status")) == [(1, 200), (3, 404)]
    assert Exchange.everything.get(seq=2).replaced_by == 3
    assert verify_rows() == logbook.Rows(3)


@pytest.mark.parametrize(
    "forge",
    [
        lambda: Exchange.objects.filter(seq=4).update(records=100),
        lambda: Exchange.objects.filter(seq=4).update(path="/r1/khac"),
        lambda: Exchange.objects.filter(seq=4).delete(),
    ],
)
def test_a_row_that_is_not_its_entrys_is_found(data, at, forge):
    collected(data, *(line(one) for one in range(9)))
    ingest_log(at=at)
    assert verify_rows().broken is None
    forge()
    found = verify_rows()
    assert found.broken == 4
    assert "4" in found.message
    Exchange.objects.create(seq=99, at=at, form="other", method="GET", path="/", status=200, leaf="x")


# -- retention --


@pytest.fixture
def old(data, at, monkeypatch):
    """600 calls 40 months ago, then 700 of last month: the log of a platform in its fourth year."""
    long_ago, lately = at - timedelta(days=1216), at - timedelta(days=30)
    collector = collected(data, *(line(n, at=long_ago.isoformat(), serviceCode=f"DV-{n % 2}") for n in range(600)))
    write(log_folder(data) / "access.log", *(line(n, at=lately.isoformat()) for n in range(600, 1300)))
    while collector.turn().entries:
        pass
    ingest_log(at=at)
    let_turn(collector, monkeypatch)
    return collector


def let_turn(collector, monkeypatch):
    """Let the collector take in what retention puts down; it runs beside in earnest."""
    real = retention._wait_for

    def turn_and_wait(*arguments):
        collector.turn()
        real(*arguments)

    monkeypatch.setattr(retention, "_wait_for", turn_and_wait)


@pytest.mark.law("D45.3")
def test_what_is_older_than_its_term_goes_and_the_tree_verifies(data, old, at):
    before = proofs.evidence_of(old.folder, 599)["checkpoint"]
    assert drop_old_entries(actor=KEEPER, at=at) == 600
    assert list(Exchange.objects.order_by("seq").values_list("seq", flat=True)) == list(range(601, 1301))
    text = b"".join(path.read_bytes() for path in (old.folder / "tile" / "entries").rglob("*") if path.is_file())
    assert b'"yc-17"' not in text
    assert b'"yc-600"' in text
    found = verify_log(old.folder)
    assert (found.ok, found.dropped, found.size) == (True, 600, 1301)
    assert "600 mục đã xóa" in found.message
    assert verify_rows().broken is None
    record = Entry.objects.get(action="lgsp.log.dropped")
    assert record.details["calls"] == 600
    assert entries(data)[1300]["article"] == "D45.3"
    assert proofs.consistency_of(old.folder, 600)["proof"]
    assert before != proofs.evidence_of(old.folder, 600)["checkpoint"]
    assert drop_old_entries(actor=KEEPER, at=at) == 0
    old.turn()
    assert ingest_log(at=at) == 0


@pytest.mark.law("D45.3")
def test_the_term_is_that_of_the_databases_usage_regulation_else_the_local_one(data, old, at, province, monkeypatch):
    assert retention.months_for(at.date())[0] == 24
    monkeypatch.setattr(retention, "months_for", lambda _day: (24, {"DV-1": 60}))
    assert drop_old_entries(actor=KEEPER, at=at) == 300
    assert set(Exchange.objects.filter(seq__lte=600).values_list("service", flat=True)) == {"DV-1"}
    found = verify_log(old.folder)
    assert (found.ok, found.dropped) == (True, 300)
    assert proofs.evidence_of(old.folder, 1)["index"] == 1


@pytest.mark.law("D45.3")
def test_a_service_takes_the_months_of_its_database(province, at):
    from nganam.agencies.models import Agency
    from nganam.catalogue.models import SharedDatabase
    from nganam.services.models import Service

    service = scenes.account().service
    values = {"state": "draft", "version": 1, "rules": "2025-10-22", "created_at": at, "updated_at": at}
    database = SharedDatabase.objects.create(
        code="CSDL-1", owner=Agency.objects.get(code="CT-SYT"), name="CSDL y tế", log_months=60, **values
    )
    Service.objects.filter(pk=service.pk).update(database=database)
    assert retention.months_for(at.date()) == (24, {service.code: 60})


@pytest.mark.law("D45.3")
def test_calls_of_the_sandbox_go_at_their_term_though_they_have_no_rows(data, at, monkeypatch):
    then = (at - timedelta(days=1216)).isoformat()
    tried = [json.dumps({**call(n, at=then), "serviceXRoadInstance": "VN-THU"}) + "\n" for n in (1, 2)]
    collector = collected(data, *tried, "khong doc duoc\n", *(line(n, at=then) for n in range(3, 300)))
    ingest_log(at=at)
    assert Exchange.objects.filter(seq__lte=3).count() == 0
    let_turn(collector, monkeypatch)
    assert drop_old_entries(actor=KEEPER, at=at) == 255  # a full bundle, but for the line nobody can read
    kept = entries(data)[:256]
    assert [index for index, one in enumerate(kept) if one] == [2]
    assert kept[2]["kind"] == "unreadable"
    assert (found := verify_log(collector.folder)).ok, found.message


def test_a_gap_that_no_removal_explains_is_found_also_after_one(data, old, at):
    drop_old_entries(actor=KEEPER, at=at)
    path = old.folder / "tile" / "entries" / "003"
    path.unlink()
    found = verify_log(old.folder)
    assert (found.ok, found.bad) == (False, 768)


def test_nothing_is_removed_while_the_collector_does_not_record_it(data, old, at, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(Unavailable, match="chưa xóa gì"):
        drop_old_entries(actor=KEEPER, at=at, wait=0.2)
    assert Exchange.objects.count() == 1300
    assert not list((old.folder / "deeds").glob("*.jsonl"))
    assert not Entry.objects.filter(action="lgsp.log.dropped").exists()
    found = verify_log(old.folder)
    assert (found.ok, found.dropped) == (True, 0)


# -- who sees what --


@pytest.mark.law("S15", "D45", "S9.6")
def test_each_side_sees_its_own_calls(data, at, province, hoa):
    collected(
        data, line(1), line(2, statusCode=404), line(3, statusCode=403, faultCode="server.serverproxy.access_denied"),
        line(4, statusCode=503, faultCode="x"),
        line(5, serviceMemberCode="CT-STC", consumer="CT-CA/X", serviceCode="DV-2"),
        line(6, consumer=None, statusCode=401, faultCode="client.authentication_failed"),
    )  # fmt: skip
    ingest_log(at=at)
    counts = {actor.code: monitoring.exchanges_for(actor).count() for actor in (scenes.LAN, scenes.PHUC, scenes.MINH)}
    assert counts == {"lan": 5, "phuc": 4, "minh": 6}
    assert monitoring.exchanges_for(hoa).count() == 0
    figures = monitoring.picture(scenes.LAN, monitoring.Asked(), at).total
    assert (figures.calls, figures.answered, figures.refused, figures.failed) == (5, 2, 2, 1)
    assert (figures.rate, figures.availability, figures.p50, figures.p95) == (40.0, 66.666, 1, 2)


@pytest.fixture
def shown(data, province):
    """Two calls of today, between Sở Y tế and a commune."""
    from django.utils import timezone

    now = timezone.now()
    collector = collected(data, line(1, at=now.isoformat()), line(2, at=now.isoformat(), statusCode=429, faultCode="x"))
    ingest_log(at=now)
    return collector


def test_the_monitoring_page_shows_filters_and_one_call(client, shown):
    assert client.login(username="lan", password=scenes.PASSWORD)
    text = client.get("/giam-sat/").content.decode()
    assert "DV-2026-0001" in text
    assert "CT-X31507/MCDT" in text
    assert client.get("/giam-sat/?ket-qua=tu-choi").context["summary"]["calls"] == 1
    assert client.get("/giam-sat/?ngay=30&ben-dung=CT-KHAC").context["summary"]["calls"] == 0
    assert client.get("/giam-sat/?ngay=999&trang=abc&dich-vu=%FF").status_code == 200
    detail = client.get("/giam-sat/giao-dich/yc-2/").content.decode()
    assert "/r1/VN/GOV/CT-SYT/KHO/DV-2026-0001/00002" in detail
    assert "/giam-sat/giao-dich/yc-2/bang-chung/" in detail
    client.logout()
    assert client.login(username="phuc", password=scenes.PASSWORD)
    assert client.get("/giam-sat/giao-dich/yc-2/").status_code == 200
    client.logout()
    assert client.login(username="hoa", password=scenes.PASSWORD)
    assert client.get("/giam-sat/giao-dich/yc-2/").status_code == 404
    client.logout()
    assert client.get("/giam-sat/").status_code == 302


def test_a_party_takes_its_evidence_home_and_nobody_else(client, shown):
    address = "/giam-sat/giao-dich/yc-2/bang-chung/"
    for who, status in (("lan", 200), ("phuc", 200), ("minh", 200), ("hoa", 404)):
        assert client.login(username=who, password=scenes.PASSWORD)
        answer = client.get(address)
        assert answer.status_code == status, who
        client.logout()
    assert client.get(address).status_code == 302
    assert client.login(username="phuc", password=scenes.PASSWORD)
    answer = client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="bang-chung-2.json"'
    assert "no-store" in answer["Cache-Control"]
    said = answer.json()
    from nganam.lgsp.evidence import verify_evidence

    told = verify_evidence.check_evidence(said, verify_evidence.read_key(shown.signer.key.text))
    assert '"statusCode": 429' in told
    assert client.get("/giam-sat/giao-dich/yc-999/bang-chung/").status_code == 404


def test_an_officers_program_takes_it_by_its_key(client, shown, hoa):
    from django.utils import timezone

    from nganam.accounts import keys

    assert client.get("/api/v1/exchanges/yc-2/evidence").status_code == 401
    for actor, status in ((scenes.PHUC, 200), (scenes.LAN, 200), (hoa, 404)):
        _key, text = keys.issue_api_key(actor=actor, at=timezone.now(), name="Kiểm tra", days=30)
        answer = client.get("/api/v1/exchanges/yc-2/evidence", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status, answer.content


def test_anybody_reads_checkpoints_and_hashes_and_nobody_entries(client, shown):
    shown.seal()
    page = client.get("/nhat-ky-lgsp/").content.decode()
    assert shown.signer.key.text.replace("+", "+") in page.replace("&#x2B;", "+")
    note = client.get("/nhat-ky-lgsp/checkpoint").content.decode()
    assert note == files.latest(shown.folder).note
    assert client.get("/nhat-ky-lgsp/key").content.decode().strip() == shown.signer.key.text
    tile = client.get("/nhat-ky-lgsp/tile/0/000.p/2")
    assert b"".join(tile.streaming_content) == (shown.folder / "tile/0/000.p/2").read_bytes()
    day = next((shown.folder / "checkpoints").iterdir()).name
    assert client.get(f"/nhat-ky-lgsp/checkpoints/{day}").status_code == 200
    for hidden in ("tile/entries/000.p/2", "tile/entries/000", "tile/0/../../state.json", "tile/0/001", "checkpoints/.",
                   "timestamps/x.tsr", "state.json", "tile/0/000.p/../000.p/2"):  # fmt: skip
        assert client.get(f"/nhat-ky-lgsp/{hidden}").status_code == 404, hidden
    proof = client.get("/nhat-ky-lgsp/nhat-quan/?cu=1&moi=2").json()
    assert (proof["old"]["size"], proof["new"]["size"]) == (1, 2)
    for wrong in ("", "?cu=x", "?cu=0", "?cu=3", "?cu=2&moi=1", "?cu=1&moi=" + "9" * 40, "?cu=%D9%A1"):
        assert client.get(f"/nhat-ky-lgsp/nhat-quan/{wrong}").status_code == 404, wrong
    tool = client.get("/nhat-ky-lgsp/verify_evidence.py")
    assert b"def ed25519_holds" in tool.content


def test_before_the_first_call_the_log_page_says_so(client, data):
    assert client.get("/nhat-ky-lgsp/").status_code == 200
    assert client.get("/nhat-ky-lgsp/checkpoint").status_code == 404


def test_the_operator_is_told_what_is_wrong(client, shown, data):
    import time

    def told(**changes):
        said = {
            "at": time.time(),
            "size": 2,
            "free": 10**10,
            "must_be_free": 2**28,
            "refusing": False,
            "error": "",
            **changes,
        }
        (data / "evidence" / "status.json").write_text(json.dumps(said))
        return client.get("/giam-sat/").content.decode()

    assert client.login(username="minh", password=scenes.PASSWORD)
    assert "notice-bad" not in told()
    assert "từ chối mọi cuộc gọi" in told(refusing=True)
    assert "95 MB" in told(refusing=True, free=10**8)
    assert "sắp đầy" in told(free=10**8)
    assert "không ghi bằng chứng" in told(at=time.time() - 90)
    # The collector is gone; the guard beside the gateway has told it to refuse.
    log_folder(data)
    guard.tell(data / "gateway", guard.REFUSE)
    assert "từ chối mọi cuộc gọi" in told(at=time.time() - 90)
    assert "notice-bad" not in told()
    (data / "evidence" / "status.json").unlink()
    assert "từ chối mọi cuộc gọi" in client.get("/giam-sat/").content.decode()
    guard.tell(data / "gateway", 0.0)
    assert "OSError" in told(error="OSError")
    assert "dấu thời gian" in told(stamping="timed out")


def test_where_there_is_no_log_verification_says_so_and_not_that_it_was_changed(data):
    found = verify_log(log_folder(data))
    assert not found.ok, "where calls were made, no log at all is a fault"
    assert "Chưa có nhật ký" in found.message
    assert "KHÔNG nguyên vẹn" not in found.message
