"""SM3 into SM2: a request from outside that needs a special agreement begins it, follows it, and ends with it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

import scenes
import scenes_agreements as texts
import scenes_outside as outside
from nganam.accounts import keys
from nganam.cases.models import Seat
from nganam.cases.story import story_of
from nganam.deadlines.queries import clocks_of
from nganam.documents.queries import papers_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.models import Notice
from nganam.sharing import disputed
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.agreements import ending, operations, queries
from nganam.sharing.models import Account, Agreement, Application, Inbound
from nganam.sharing.outside import inbound
from nganam.sharing.outside.following import is_taken_up_by

pytestmark = pytest.mark.django_db
TEXT = {**texts.TEXT, "fields_agreed": texts.TEXT["fields"], "note": "Bản đầu"}
TEXT.pop("fields")
LEAVE = {"ground": "ended", "reason": "Bộ Y tế thôi dùng."}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(outside.AT + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def page(client, path, status=200):
    got = client.get(path)
    assert got.status_code == status, (path, got.status_code)
    return got.content.decode()


def post(client, path, values=None, status=302):
    got = client.post(path, values or {})
    assert got.status_code == status, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", got.content.decode()))[-3000:]
    return got


def fresh():
    return Inbound.objects.get()


def told(event):
    return Notice.objects.filter(event=event, role="lead")


@pytest.mark.law("S17", "S17.1", "S17.3", "S17.4", "D36", "D37", "D37.3", "D37.4", "D38", "D44", "D46")
def test_an_outside_agency_is_served_by_agreement_from_its_document_to_the_end(sign_in):
    outside.ministry()
    service = texts.special_service()
    minh = sign_in("minh")
    asked = {name: value for name, value in outside.ASKED.items() if name != "fields"}
    asked |= {"items": outside.ASKED["fields"], "requester": "BO-YT", "document_on": "2026-10-30"}
    asked |= {"received_on": "2026-11-02", "representative": "Ông Đỗ Văn A, Cục trưởng"}
    post(minh, f"/ngoai-tinh/den/moi/?service={service.code}", asked)
    here = fresh().get_absolute_url()
    post(minh, f"{here}buoc/lead_agrees/")
    assert "thoa-thuan/moi" not in page(minh, here)
    post(sign_in("lan"), f"{here}buoc/owner_agrees/")
    minh = sign_in("minh")
    post(minh, f"{here}buoc/to_agreement/", {"reason": "Có số điện thoại, cần điều kiện riêng."})
    # The page of the request leads to the form, filled in from it.
    begin = f"/thoa-thuan/moi/?tu=sharing.inbound:{fresh().code}"
    assert begin in page(minh, here)
    form = page(minh, begin)
    for words in ("Thay Bộ Y tế", "Đỗ Văn A", outside.ASKED["purpose"], "cần điều kiện riêng", service.provider.name):
        assert words in form
    assert re.findall(r'name="fields_asked" value="(\w+)"[^>]*checked', form) == ["ma_co_so", "ten_co_so", "dien_thoai"]
    values = {**texts.ASKED, "fields_asked": texts.ASKED["fields"], "frequency": outside.ASKED["frequency"]}
    values |= {"representative": "Bà Lê Thị B, Thứ trưởng", "once": "mot-lan"}
    for _again in range(2):
        post(minh, begin, values)
    agreement = Agreement.objects.get()
    assert (agreement.consumer.code, agreement.provider.code, fresh().state) == ("BO-YT", "CT-SYT", "agreeing")
    assert (agreement.application, agreement.inbound) == (Application.objects.get(), fresh())
    assert agreement.representative == "Bà Lê Thị B, Thứ trưởng"
    page(minh, begin, 409)
    there = agreement.get_absolute_url()
    assert agreement.code in page(minh, here)
    assert fresh().code in page(minh, there)
    assert f"{there}" not in page(sign_in("lan"), here), "a draft is the requester's"
    page(sign_in("lan"), there, 404)
    minh = sign_in("minh")
    post(minh, f"{there}sua/", {**values, "wanted": "Danh sách cơ sở kèm điện thoại."})
    post(minh, f"{there}buoc/submit/")
    lan = sign_in("lan")
    assert fresh().code in page(lan, there)
    post(lan, f"{there}buoc/confirm_special/", {"reason": "Có dữ liệu cá nhân."})
    post(lan, f"{there}buoc/review/", texts.REVIEW)
    assert "Lê Thị B" in page(lan, f"{there}soan-thao/"), "item 1 names who represents the outside agency"
    post(lan, f"{there}soan-thao/", TEXT)
    minh = sign_in("minh")
    page(minh, f"{there}soan-thao/")
    digest = texts.table(texts.fresh(agreement)).digest
    post(minh, f"{there}buoc/agree/", {"digest": digest})
    signs = {"digest": digest, "position": "Thủ trưởng", "confirmed": "on"}
    post(minh, f"{there}ky/", {**signs, "signer": "Lê Thị B"})
    assert fresh().state == "agreeing"
    post(sign_in("lan"), f"{there}ky/", {**signs, "signer": "Trần Thị Giám Đốc"})
    account = Account.objects.get()
    assert (texts.fresh(agreement).state, fresh().state, account.subject) == ("in_force", "bound", "BO-YT/HSSK")
    assert told("sharing.inbound.take_effect").exists()
    # The lead agency takes the key for the outside agency and records the connection.
    minh = sign_in("minh")
    post(minh, f"{here}buoc/connect/", {"route": "ndop", "reason": "Thử đạt."}, 422)
    post(minh, f"/tai-khoan-ket-noi/{account.code}/khoa/cap/", status=200)
    post(minh, f"{here}buoc/connect/", {"route": "ndop", "reason": "Thử đạt qua NDOP."})
    assert fresh().state == "in_use"
    assert account.code in page(minh, here)
    notes = [event.note or event.reason for event in story_of(fresh())]
    assert notes.count(agreement.code) == 2, "begun, in force"
    assert fresh().code in [event.reason for event in story_of(texts.fresh(agreement))]
    # The end of the agreement is the end of the case.
    post(minh, f"{there}buoc/terminate/", LEAVE)
    assert (fresh().state, texts.fresh(agreement).state) == ("terminated", "deleting")
    post(minh, f"{there}xoa-du-lieu/", {"deleted_on": "2026-11-03", "text": "Bộ Y tế xóa, biên bản 5/BB."})
    post(sign_in("lan"), f"{there}buoc/confirm_deletion/")
    assert texts.fresh(agreement).state == "closed"


@pytest.mark.law("S17.1", "D36")
def test_a_program_of_the_lead_agency_begins_it_by_either_address(province, minh, lan, phuc):
    case = outside.special()

    def program(actor):
        _key, text = keys.issue_api_key(actor=actor, at=timezone.now(), name="Quản lý văn bản", days=30)
        return Client(headers={"authorization": f"Bearer {text}"})

    sent = {"content_type": "application/json"}
    move = f"/api/v1/cases/sharing.inbound/{case.code}/begin_agreement"
    opening = "/api/v1/cases/sharing.agreement"
    values = {"inbound": case.code, "purpose": "Đối chiếu.", "wanted": "Danh sách.", "why": "Có điện thoại."}
    for address, body in ((move, {}), (opening, values)):
        assert program(lan).post(address, body, **sent).status_code == 403
        assert program(phuc).post(address, body, **sent).status_code == 404
    assert program(minh).post(opening, {"purpose": "x"}, **sent).status_code == 403
    assert not Agreement.objects.exists()
    ours = program(minh)
    made = ours.post(opening, values, **sent)
    assert (made.status_code, made.json()["content"]["inbound"]) == (201, case.code), made.content.decode()
    assert ours.post(move, {}, **sent).json()["code"] == "state_moved"
    operations.withdraw(actor=minh, at=outside.AT, agreement=Agreement.objects.get())
    assert ours.post(move, {}, **sent).json()["state"] == "agreeing"
    second = Agreement.objects.latest("pk")
    assert (second.purpose, second.why) == (case.purpose, "Có số điện thoại, cần điều kiện riêng.")
    assert second.fields == ["ma_co_so", "ten_co_so", "dien_thoai"]


@pytest.mark.law("S17.1")
def test_nobody_else_begins_it_and_from_no_other_state(sign_in, minh, at):
    case = outside.special()
    for actor in (scenes.LAN, scenes.PHUC, outside.KHANH, texts.TU):
        with pytest.raises(NotAllowed):
            inbound.begin_agreement(actor=actor, at=at, inbound=case)
    address = f"/thoa-thuan/moi/?tu=sharing.inbound:{case.code}"
    page(sign_in("lan"), address, 403)
    assert address not in page(sign_in("lan"), case.get_absolute_url())
    page(sign_in("phuc"), address, 404)
    client = sign_in("minh")
    for wrong in ("sharing.inbound:", "sharing.outbound:NT-2026-0001", "x", "sharing.inbound:DT-2020-0001"):
        page(client, f"/thoa-thuan/moi/?tu={wrong}", 404)
    outside.agreeing(case)
    with pytest.raises(StateMoved):
        inbound.begin_agreement(actor=minh, at=at, inbound=fresh())
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize("build", [outside.registered, outside.weighed, outside.submitted])
def test_there_is_no_agreement_before_it_is_found_needed(province, minh, at, build):
    with pytest.raises(StateMoved):
        inbound.begin_agreement(actor=minh, at=at, inbound=build())
    assert not Agreement.objects.exists()
    assert not Application.objects.exists()


@pytest.mark.law("S17.1", "D37.2", "D37.3")
def test_one_person_of_the_lead_agency_never_speaks_for_both_sides(province, lan, minh, at):
    both = replace(lan, roles=outside.BOTH.roles)  # where the lead agency owned the data
    found = operations.submit(actor=minh, at=at, agreement=outside.agreeing())
    found = operations.confirm_special(actor=lan, at=at, agreement=found, reason="x")
    found = operations.record_review(actor=lan, at=at, agreement=found, **texts.REVIEW)
    found = texts.save(found, both)
    with pytest.raises(Invalid):
        texts.agree(found, both)
    assert queries.not_agreed_yet(found) == ["Bộ Y tế"]


@pytest.mark.law("S17.1", "D38.11")
def test_what_waits_for_the_outside_agency_waits_for_the_lead_agency(province, minh, lan, at):
    found = outside.agreeing()
    seat = Seat.objects.get(object_code=found.code, role="lead")
    assert (seat.step, Seat.objects.filter(agency="BO-YT").count()) == ("submit", 0)
    found = outside.signed_outside(found)
    account = Account.objects.get()
    assert Seat.objects.get(object_code=account.code, role="lead").step == "hand_over"
    found = ending.terminate(actor=lan, at=at, agreement=found, ground="ended", reason="Ngừng dịch vụ.")
    assert clocks_of("sharing.agreement", found.code).get(key="special_deletion").agency == "CT-SKHCN"
    assert told("sharing.agreement.end").exists()
    assert not Notice.objects.filter(agency="BO-YT").exists()
    letters = [one.number for one in papers_of("sharing.agreement", found.code)]
    assert any("TB-SYT" in number for number in letters)


@pytest.mark.law("S17.1")
def test_the_letter_of_the_outside_side_is_the_lead_agencys(province, minh, at):
    found = ending.terminate(actor=minh, at=at, agreement=outside.signed_outside(), **LEAVE)
    assert any("TB-SKHCN" in one.number for one in papers_of("sharing.agreement", found.code))


# ---- an agreement that does not come about ----


@pytest.mark.law("D37", "S17.3", "N194.16")
def test_what_is_not_agreed_is_begun_again_or_answered_with_a_refusal(province, minh, lan, at):
    found = operations.submit(actor=minh, at=at, agreement=outside.agreeing())
    operations.not_agree(actor=lan, at=at, agreement=found, reason="Chưa đủ điều kiện.", legal_basis=outside.BASIS)
    assert fresh().state == "failed"
    assert told("sharing.inbound.fall_through").get().body.endswith("Chưa đủ điều kiện.")
    again = inbound.begin_agreement(actor=minh, at=at, inbound=fresh())
    assert [one.pk for one in Inbound.objects.get().agreements.order_by("pk")] == [found.pk, again.pk]
    assert not is_taken_up_by(texts.fresh(found)), "a dispute about the first no longer holds the case"
    operations.withdraw(actor=minh, at=at, agreement=again)
    assert fresh().state == "failed"
    for actor in (lan, outside.KHANH):
        with pytest.raises(NotAllowed):
            inbound.refuse_inbound(actor=actor, at=at, inbound=fresh(), reason="x", legal_basis="x")
    moved = inbound.refuse_inbound(
        actor=minh, at=at, inbound=fresh(), reason="Không thống nhất được.", legal_basis=outside.BASIS
    )
    assert moved.state == "refused"


@pytest.mark.law("D36.1")
def test_what_default_sharing_serves_is_told_to_the_lead_agency(province, minh, lan, at):
    found = operations.submit(actor=minh, at=at, agreement=outside.agreeing())
    from nganam.services.models import Service

    Service.objects.update(form="default")
    operations.send_to_default(
        actor=lan, at=at, agreement=found, default_service=found.service.code, reason="Đã chia sẻ mặc định."
    )
    assert fresh().state == "failed"
    assert found.service.code in told("sharing.inbound.fall_through").get().body
    assert inbound.withdraw_inbound(actor=minh, at=at, inbound=fresh(), reason="Vào sổ lại.").state == "withdrawn"


@pytest.mark.law("D47", "D50")
@pytest.mark.parametrize(("in_favour", "state"), [(True, "agreeing"), (False, "failed")])
def test_while_the_refusal_is_disputed_nothing_else_is_done(province, minh, lan, at, in_favour, state):
    found = operations.submit(actor=minh, at=at, agreement=outside.agreeing())
    found = operations.not_agree(actor=lan, at=at, agreement=found, reason="x", legal_basis=outside.BASIS)
    assert disputed.is_held_by(found, found.consumer)
    found = disputed.hold(actor=minh, at=at, case=found, reason="VM-2026-0001")
    for deed, words in (
        (inbound.begin_agreement, {}),
        (inbound.refuse_inbound, {"reason": "x", "legal_basis": "x"}),
        (inbound.withdraw_inbound, {"reason": "x"}),
    ):
        with pytest.raises(RuleBroken):
            deed(actor=minh, at=at, inbound=fresh(), **words)
    disputed.release(actor=minh, at=at, case=found, reason="VM-2026-0001", in_favour=in_favour)
    assert fresh().state == state


@pytest.mark.law("D47")
def test_a_case_that_was_answered_is_not_taken_up_by_a_dispute(province, minh, lan, at):
    found = operations.submit(actor=minh, at=at, agreement=outside.agreeing())
    found = operations.not_agree(actor=lan, at=at, agreement=found, reason="x", legal_basis=outside.BASIS)
    inbound.refuse_inbound(actor=minh, at=at, inbound=fresh(), reason="x", legal_basis=outside.BASIS)
    assert not disputed.is_held_by(found, found.consumer)


def test_a_permitted_case_that_failed_is_not_told_that_the_chairman_forbade_it(province, minh, lan, at):
    case = inbound.move_to_agreement(actor=minh, at=at, inbound=outside.decided("permit"), reason="Cần điều kiện.")
    operations.withdraw(actor=minh, at=at, agreement=outside.agreeing(case))
    moved = inbound.refuse_inbound(actor=minh, at=at, inbound=fresh(), reason="x", legal_basis=outside.BASIS)
    from nganam.sharing.outside import letters

    words = letters.refusal(moved, lead=moved.provider, reason="x", legal_basis="y")
    assert not any("không cho phép" in line for line in words.body)


# ---- while the agreement holds ----


@pytest.mark.law("D43", "D44")
def test_the_case_follows_the_account_of_the_agreement_at_once(province, minh, lan, at):
    agreement = outside.signed_outside()
    account = accounts.hand_over(actor=minh, at=at, account=Account.objects.get())
    inbound.connect_inbound(actor=minh, at=at, inbound=fresh(), route="ndop", reason="Đạt.")
    for transition, words, state in (
        ("lock", {"reason": "Nguy cơ"}, "suspended"),
        ("restore", {}, "in_use"),
        ("revoke", {"reason": "Lộ khóa"}, "bound"),
    ):
        account = accounts.move_account(actor=lan, at=at, account=account, transition=transition, **words)
        assert fresh().state == state
    assert texts.fresh(agreement).state == "in_force"
    with pytest.raises(RuleBroken):
        inbound.connect_inbound(actor=minh, at=at, inbound=fresh(), route="ndop", reason="Đạt.")


@pytest.mark.law("D38.4", "D44")
def test_the_case_ends_with_the_term_of_the_agreement(province, minh, at):
    outside.signed_outside()
    ended = at.replace(year=2028, month=11, day=3)
    assert ending.expire_due(at=ended) == 1
    assert fresh().state == "terminated"
    assert told("sharing.inbound.terminate").exists()


@pytest.mark.law("S17.3", "D36")
def test_data_without_a_service_are_agreed_on_too(province, minh, lan, at):
    found = outside.agreeing(outside.special(outside.registered_special()))
    assert (found.service, found.database) == (None, None)
    assert "Số ca bệnh theo tuần" in found.about
    found = operations.submit(actor=minh, at=at, agreement=found)
    assert queries.get_agreement_for(lan, found.code).about == found.about
    with pytest.raises(NotFound):
        queries.get_agreement_for(texts.TU, found.code)


def test_an_agreement_of_the_province_moves_no_case_from_outside(province, lan, at):
    outside.special(outside.registered_special())
    found = texts.in_force()
    ending.terminate(actor=lan, at=texts.LATER, agreement=found, ground="ended", reason="x")
    assert fresh().state == "special"
