"""SM3 A: the lead agency enters what an outside agency asked by the national portal or a document."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest

import scenes
import scenes_outside as outside
from nganam.agencies.models import Agency
from nganam.audit.models import Entry
from nganam.deadlines.queries import clocks_of
from nganam.documents.queries import open_file
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing.models import Inbound
from nganam.sharing.outside import inbound, queries

pytestmark = pytest.mark.django_db


@pytest.mark.law("S17.1", "S17.3", "S9.3")
def test_a_registered_request_waits_for_both_opinions_and_tells_the_owner(province, lan):
    case = outside.registered()
    assert (case.code, case.state, case.form) == ("DT-2026-0001", "opinions", "default")
    assert any(case.code in notice.title for notice in inbox(lan))
    by_key = {one.key: one for one in clocks_of("sharing.inbound", case.code)}
    assert by_key.keys() == {"acct_issue", "out_of_province", "lead_opinion"}
    assert (by_key["acct_issue"].agency, by_key["out_of_province"].agency) == ("CT-SKHCN", "CT-SYT")
    assert by_key["out_of_province"].is_local
    assert not by_key["acct_issue"].is_local
    assert by_key["out_of_province"].due_on < by_key["acct_issue"].due_on


@pytest.mark.law("S17.1", "D35.3", "N194.40.3")
@pytest.mark.parametrize(
    ("received_on", "version", "due"),
    [
        (date(2025, 8, 18), "2020-05-25", date(2025, 8, 25)),
        (date(2025, 8, 19), "2025-08-19", date(2025, 8, 21)),
    ],
)
def test_the_term_runs_from_the_day_of_receipt_by_the_rules_of_that_day(province, received_on, version, due):
    entered = datetime(2025, 8, 20, 2, tzinfo=UTC)
    case = outside.registered(at=entered, received_on=received_on)
    clock = clocks_of("sharing.inbound", case.code).get(key="acct_issue")
    assert (case.rules, clock.due_on) == (version, due)
    assert case.received_at.astimezone(UTC).date() <= received_on
    opinion = clocks_of("sharing.inbound", case.code).get(key="out_of_province")
    assert opinion.due_on == date(2025, 8, 21), "the owner is asked only today"


@pytest.mark.law("D37", "S17.3")
def test_for_special_data_no_statutory_term_runs(province):
    case = outside.registered_special()
    assert (case.form, case.service, case.provider.code) == ("special", None, "CT-SYT")
    clocks = clocks_of("sharing.inbound", case.code)
    assert {(one.key, one.is_local) for one in clocks} == {("out_of_province", True), ("lead_opinion", True)}


def test_only_the_lead_agency_registers(province, lan, khanh, at):
    service = scenes.published_service()
    for actor in (lan, khanh):
        with pytest.raises(NotAllowed):
            inbound.register_inbound(
                actor=actor, at=at, requester=outside.ministry(), service=service, values=outside.ASKED,
                received_on=outside.TODAY,
            )  # fmt: skip
    assert not Inbound.objects.exists()


@pytest.mark.law("D35.2")
@pytest.mark.parametrize("missing", ["purpose", "solution", "frequency", "fields"])
def test_an_incomplete_request_is_not_registered(province, missing):
    with pytest.raises(Invalid) as refused:
        outside.registered(**{missing: [] if missing == "fields" else ""})
    assert missing in refused.value.fields
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("received_on", {"received_on": outside.TODAY + timedelta(days=1)}),
        ("received_on", {"received_on": date(2020, 5, 24), "document_on": date(2020, 5, 1)}),
        ("document_on", {"document_on": outside.TODAY + timedelta(days=1)}),
        ("fields", {"fields": ["khong_co"]}),
    ],
)
def test_days_and_items_that_cannot_be_are_refused(province, field, words):
    with pytest.raises(Invalid) as refused:
        outside.registered(**words)
    assert field in refused.value.fields


def test_an_agency_of_the_province_does_not_ask_from_outside(province, at):
    with pytest.raises(Invalid) as refused:
        inbound.register_inbound(
            actor=outside.MINH, at=at, requester=Agency.objects.get(code="CT-CA"), values=outside.ASKED,
            service=scenes.published_service(), received_on=outside.TODAY,
        )  # fmt: skip
    assert "requester" in refused.value.fields


def test_what_is_asked_for_must_be_a_published_service_or_somebodys_data(province, minh, lan, at):
    words = {"actor": minh, "at": at, "requester": outside.ministry(), "received_on": outside.TODAY}
    with pytest.raises(Invalid) as refused:
        inbound.register_inbound(values=outside.ASKED, **words)
    assert "provider" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        inbound.register_inbound(values=outside.ASKED, service=scenes.declared_service(), **words)
    assert "service" in refused.value.fields


def test_a_form_sent_twice_registers_one_request(province, minh, at):
    words = {
        "actor": minh, "at": at, "requester": outside.ministry(), "service": scenes.published_service(),
        "values": outside.ASKED, "received_on": outside.TODAY, "once": "k1",
    }  # fmt: skip
    first = inbound.register_inbound(**words)
    assert inbound.register_inbound(**words).code == first.code
    assert Inbound.objects.count() == 1


def test_the_scan_of_the_document_is_kept(province, minh, at):
    pdf = b"%PDF-1.7\n1 0 obj\n"
    case = inbound.register_inbound(
        actor=minh, at=at, requester=outside.ministry(), service=scenes.published_service(), values=outside.ASKED,
        received_on=outside.TODAY, scan=inbound.Scan("cv.pdf", io.BytesIO(pdf)),
    )  # fmt: skip
    assert open_file(case.scan.sha256).read() == pdf
    with pytest.raises(Invalid):
        inbound.register_inbound(
            actor=minh, at=at, requester=outside.ministry(), service=case.service, values=outside.ASKED,
            received_on=outside.TODAY, scan=inbound.Scan("cv.exe", io.BytesIO(b"MZ123")),
        )  # fmt: skip


def test_content_is_put_right_until_somebody_has_spoken(province, minh, lan, at):
    case = outside.registered()
    with pytest.raises(NotAllowed):
        inbound.edit_inbound(actor=lan, at=at, inbound=case, values={"purpose": "x"})
    stale = Inbound.objects.get()
    changed = inbound.edit_inbound(actor=minh, at=at, inbound=case, values={"purpose": "Mục đích đúng"})
    assert changed.purpose == "Mục đích đúng"
    assert Entry.objects.filter(action="sharing.inbound.edited", object_code=case.code).exists()
    with pytest.raises(StateMoved):
        inbound.edit_inbound(actor=minh, at=at, inbound=stale, values={"purpose": "cũ"})
    with pytest.raises(Invalid):
        inbound.edit_inbound(actor=minh, at=at, inbound=changed, values={"purpose": " "})
    outside.opine(changed, "owner", agrees=True)
    with pytest.raises(RuleBroken):
        inbound.edit_inbound(actor=minh, at=at, inbound=Inbound.objects.get(), values={"purpose": "muộn"})


def test_who_sees_what(province, lan, minh, khanh, phuc, hoa):
    case = outside.registered()
    for actor in (lan, minh):
        assert queries.get_inbound_for(actor, case.code)
    for actor in (khanh, phuc, hoa):
        with pytest.raises(NotFound):
            queries.get_inbound_for(actor, case.code)


def test_the_chairman_sees_what_was_submitted(province, khanh):
    case = outside.submitted()
    assert queries.get_inbound_for(khanh, case.code)


def test_the_outside_agency_takes_its_request_back(province, minh, lan, at):
    case = outside.registered()
    with pytest.raises(NotAllowed):
        inbound.withdraw_inbound(actor=lan, at=at, inbound=case, reason="x")
    with pytest.raises(Invalid):
        inbound.withdraw_inbound(actor=minh, at=at, inbound=case, reason=" ")
    moved = inbound.withdraw_inbound(actor=minh, at=at, inbound=case, reason="Công văn 15/BYT xin rút")
    assert moved.state == "withdrawn"
    assert all(one.stopped_at for one in clocks_of("sharing.inbound", case.code))
