"""SM2, first half: special data asked for, checked, reviewed, drafted together, signed, in force."""

from datetime import date

import pytest

import scenes
import scenes_agreements as ours
from nganam.agencies.models import Agency
from nganam.audit.models import Entry
from nganam.cases import operations as cases
from nganam.catalogue.models import DataItem, Edition, EditionEntry, SharedDatabase
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.services.models import Service
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.agreements import connecting, content, drafting, ending, operations, policies, queries, signing
from nganam.sharing.models import Account, Agreement, AgreementSignature, AgreementVersion
from nganam.sharing.requests import operations as requests

pytestmark = pytest.mark.django_db


def running(agreement):
    return {one.key: one for one in clocks_of("sharing.agreement", agreement.code) if one.is_running}


# ---- asking ----


@pytest.mark.law("S11", "D36")
def test_special_data_are_asked_for_and_reach_the_provider(province, lan):
    found = ours.submitted()
    assert (found.code, found.state, found.received_at) == ("TN-2026-0001", "checking", ours.AT)
    assert [(one.agency.code, one.side) for one in found.parties.all()] == [
        ("CT-SYT", "provider"), ("CT-X31507", "consumer"),
    ]  # fmt: skip
    assert any(found.code in notice.title for notice in inbox(lan))


@pytest.mark.law("D37")
def test_agreeing_has_no_statutory_clock_only_local_ones(province):
    assert {key: (one.is_local, one.article) for key, one in running(ours.submitted()).items()} == {
        "special_check": (True, "nội bộ")
    }


@pytest.mark.law("D36.1")
@pytest.mark.parametrize("missing", ["wanted", "purpose", "why"])
def test_a_request_that_does_not_say_why_it_must_be_special_is_not_sent(province, phuc, at, missing):
    found = ours.drafted(**{missing: " "})
    with pytest.raises(RuleBroken) as refused:
        operations.submit(actor=phuc, at=at, agreement=found)
    assert refused.value.article == "D36.1"


def test_a_draft_is_edited_by_its_agency_and_seen_by_nobody_else(province, lan, minh, phuc, at):
    found = ours.drafted()
    for actor in (lan, minh):
        with pytest.raises(NotFound):
            queries.get_agreement_for(actor, found.code)
    with pytest.raises(NotAllowed):
        operations.edit_asked(actor=lan, at=at, agreement=found, values={"why": "x"})
    stale = ours.fresh(found)
    changed = operations.edit_asked(actor=phuc, at=at, agreement=found, values={"why": "Lý do mới"})
    assert changed.why == "Lý do mới"
    with pytest.raises(StateMoved):
        operations.edit_asked(actor=phuc, at=at, agreement=stale, values={"why": "Cũ"})
    with pytest.raises(Invalid):
        operations.edit_asked(actor=phuc, at=at, agreement=changed, values={"fields": ["khong_co"]})


def test_only_a_focal_officer_asks_for_the_own_application_and_not_for_own_data(province, lan, hoa, at):
    service = ours.special_service()
    application, own = scenes.application(), scenes.application(lan, "YTE")
    values = {"at": at, "service": service, "values": ours.ASKED}
    with pytest.raises(NotAllowed):
        operations.ask_agreement(actor=hoa, application=application, **values)
    with pytest.raises(NotAllowed):
        operations.ask_agreement(actor=lan, application=application, **values)
    with pytest.raises(RuleBroken):
        operations.ask_agreement(actor=lan, application=own, **values)
    with pytest.raises(Invalid):
        operations.ask_agreement(actor=lan, at=at, application=own, values=ours.ASKED)


def test_a_form_sent_twice_opens_one_agreement(province, phuc, at):
    service, application = ours.special_service(), scenes.application()
    values = {"actor": phuc, "at": at, "application": application, "service": service, "values": ours.ASKED}
    first, second = (operations.ask_agreement(**values, once="khoa-1") for _ in range(2))
    assert first == second
    assert first.parties.count() == 2


@pytest.mark.law("D36")
def test_a_default_request_moved_to_special_opens_a_draft_with_its_content(province, lan, phuc, at):
    request = scenes.sent_request()
    requests.move_to_special(
        actor=lan, at=at, request=request, reason="Số điện thoại không trong danh mục.", legal_basis="Điều 36"
    )
    found = Agreement.objects.get()
    assert (found.state, found.request, found.consumer.code, found.service) == (
        "draft", request, "CT-X31507", request.service,
    )  # fmt: skip
    assert (found.purpose, found.fields, found.why) == (
        request.purpose, request.fields, "Số điện thoại không trong danh mục.",
    )  # fmt: skip
    assert any(found.code in notice.body for notice in inbox(phuc))
    assert operations.submit(actor=phuc, at=at, agreement=found).state == "checking"


@pytest.fixture
def item(province):
    """Put a database with a special item into an edition in force; nobody serves it yet."""
    owner = Agency.objects.get(code="CT-SYT")
    database = cases.open_case(SharedDatabase(owner=owner, name="Bệnh truyền nhiễm"), actor=ours.LAN, at=ours.AT)
    DataItem.objects.create(database=database, name="Ca bệnh", form="special", audience="Cơ quan", position=1)
    DataItem.objects.create(database=database, name="Số liệu", form="open", audience="Mọi người", position=2)
    edition = cases.open_case(Edition(kind="databases", title="Danh mục 2026"), actor=ours.MINH, at=ours.AT)
    Edition.objects.filter(pk=edition.pk).update(state="published")
    EditionEntry.objects.create(edition=edition, database=database, position=1, frozen={"owner": "CT-SYT"})
    return database


@pytest.mark.law("D36")
def test_an_item_of_a_database_without_a_service_is_asked_for_and_connected_later(item, lan, phuc, at):
    assert queries.special_item(item.code, "Ca bệnh") == item
    for name in ("Số liệu", "Không có"):
        with pytest.raises(NotFound):
            queries.special_item(item.code, name)
    found = operations.ask_agreement(
        actor=phuc, at=at, application=scenes.application(), database=item, item="Ca bệnh",
        values=ours.ASKED | {"fields": []},
    )  # fmt: skip
    assert str(found) == f"{found.code} Ca bệnh"
    found = operations.submit(actor=phuc, at=at, agreement=found)
    found = operations.confirm_special(actor=lan, at=at, agreement=found, reason="Dữ liệu nhạy cảm.")
    found = operations.record_review(actor=lan, at=at, agreement=found, **ours.REVIEW)
    found = ours.agree(ours.save(found, fields=[]), lan)
    found = ours.sign(ours.sign(found, phuc), lan)
    assert found.state == "in_force"
    assert not Account.objects.exists()
    with pytest.raises(RuleBroken):
        connecting.connect(actor=lan, at=at, agreement=found)
    service = ours.special_service()
    names = [f"{service.code}:ma_co_so", f"{service.code}:ten_co_so"]
    with pytest.raises(NotAllowed):
        connecting.connect(actor=phuc, at=at, agreement=found, names=names)
    for wrong in ([], ["DV-2026-0009:ma_co_so"], [f"{service.code}:khong_co"]):
        with pytest.raises(Invalid):
            connecting.connect(actor=lan, at=at, agreement=found, names=wrong)
    found = connecting.connect(actor=lan, at=at, agreement=found, names=names)
    account = Account.objects.get()
    assert (account.agreement, account.granted_fields, found.service) == (found, ["ma_co_so", "ten_co_so"], service)
    with pytest.raises(RuleBroken):
        connecting.connect(actor=lan, at=at, agreement=found)


# ---- conditions, review, no agreement ----


@pytest.mark.law("D36.1")
def test_what_default_sharing_serves_is_sent_there_with_its_words(province, lan, phuc, at):
    found = ours.submitted()
    Service.objects.update(form="default")
    service = Service.objects.get()
    for wrong in ("", "DV-2026-0009"):
        with pytest.raises(Invalid):
            operations.send_to_default(actor=lan, at=at, agreement=found, default_service=wrong, reason="Đã có")
    with pytest.raises(NotAllowed):
        operations.send_to_default(actor=phuc, at=at, agreement=found, default_service=service.code, reason="Đã có")
    found = operations.send_to_default(
        actor=lan, at=at, agreement=found, default_service=service.code, reason="Dịch vụ mặc định có đủ mục tin."
    )
    assert (found.state, found.default_service) == ("redirected", service)
    assert not running(found)
    words = queries.default_words(phuc, found.code)
    assert (words["purpose"], words["fields_asked"]) == (found.purpose, found.fields)
    assert queries.default_words(ours.TU, found.code) == {}
    assert queries.default_words(phuc, "") == {}


@pytest.mark.law("D36.1", "D37.1")
def test_the_provider_confirms_with_a_reason_and_records_what_the_review_found(province, lan, phuc, at):
    found = ours.submitted()
    with pytest.raises(Invalid):
        operations.confirm_special(actor=lan, at=at, agreement=found, reason=" ")
    with pytest.raises(NotAllowed):
        operations.confirm_special(actor=phuc, at=at, agreement=found, reason="x")
    found = operations.confirm_special(actor=lan, at=at, agreement=found, reason="Có dữ liệu cá nhân.")
    with pytest.raises(Invalid) as refused:
        operations.record_review(actor=lan, at=at, agreement=found, **ours.REVIEW | {"tasks": ""})
    assert list(refused.value.fields) == ["tasks"]
    found = operations.record_review(actor=lan, at=at, agreement=found, **ours.REVIEW)
    assert (found.state, found.review) == ("drafting", ours.REVIEW)
    assert set(running(found)) == {"special_agreement"}


@pytest.mark.law("D37", "D51.1a")
def test_no_agreement_is_a_reasoned_refusal_copied_to_the_lead_agency(province, lan, phuc, minh, at):
    found = ours.save(ours.drafting())
    with pytest.raises(Invalid) as refused:
        operations.not_agree(actor=lan, at=at, agreement=found, reason="Không thể bảo đảm an toàn.")
    assert "legal_basis" in refused.value.fields
    with pytest.raises(NotAllowed):
        operations.not_agree(actor=minh, at=at, agreement=found, reason="x", legal_basis="x")
    found = operations.not_agree(
        actor=lan, at=at, agreement=found, reason="Không thể bảo đảm an toàn.", legal_basis="Khoản 2 Điều 7 Luật X"
    )
    assert found.state == "not_agreed"
    assert not running(found)
    assert queries.on_table(found) is None, "what was being drafted is off the table"
    for actor in (phuc, minh):
        assert any("Không thống nhất" in notice.title for notice in inbox(actor))


def test_the_consumer_may_end_the_talks_without_a_legal_basis(province, phuc, at):
    found = operations.not_agree(actor=phuc, at=at, agreement=ours.drafting(), reason="Điều kiện quá chặt.")
    assert found.state == "not_agreed"


@pytest.mark.law("D36")
@pytest.mark.parametrize("scene", ["drafted", "submitted", "confirmed", "drafting", "signing"])
def test_a_request_is_withdrawn_at_any_time_before_all_have_signed(province, lan, phuc, at, scene):
    found = getattr(ours, scene)()
    with pytest.raises(NotAllowed):
        operations.withdraw(actor=lan, at=at, agreement=found)
    assert operations.withdraw(actor=phuc, at=at, agreement=found).state == "withdrawn"
    assert not running(found)


def test_what_is_signed_by_all_is_not_withdrawn(province, phuc, at):
    with pytest.raises(StateMoved):
        operations.withdraw(actor=phuc, at=at, agreement=ours.in_force())


# ---- drafting together ----


@pytest.mark.law("D37.2")
def test_each_save_is_a_numbered_version_of_one_side_with_a_digest(province, lan, phuc):
    found = ours.save(ours.drafting())
    found = ours.save(found, lan, limits="Chỉ dùng khi có tình huống khẩn, trong giờ trực.")
    one, two = queries.versions_of(found)
    assert [(v.number, v.agency, v.author_name) for v in (one, two)] == [
        (1, "CT-X31507", "Thạch Phúc"), (2, "CT-SYT", "Nguyễn Thị Lan"),
    ]  # fmt: skip
    assert one.digest != two.digest
    assert two.digest == content.digest_of(found, 2, ["CT-SYT", "CT-X31507"], two.content)
    assert [c.agency for c in one.consents.all()] == ["CT-X31507"], "saving is the word of the side that saved"
    entry = Entry.objects.filter(action="sharing.agreement.save").latest("pk")
    assert entry.details["digest"] in {one.digest, two.digest}
    assert any("Cùng soạn thảo" in notice.title for notice in inbox(phuc))


@pytest.mark.law("D37.2")
def test_both_must_agree_to_the_very_same_version(province, lan, phuc, at):
    found = ours.save(ours.drafting())
    first = ours.table(found).digest
    with pytest.raises(Invalid):
        drafting.agree(actor=phuc, at=at, agreement=found, digest=first)  # its own version
    found = ours.save(found, lan, other="Báo cáo mỗi quý.")
    with pytest.raises(StateMoved) as moved:
        drafting.agree(actor=phuc, at=at, agreement=found, digest=first)
    assert "Nguyễn Thị Lan" in moved.value.message
    found = drafting.agree(actor=phuc, at=at, agreement=found, digest=ours.table(found).digest)
    assert found.state == "signing"
    assert ours.table(found).number == 2
    assert set(running(found)) == {"special_sign"}


@pytest.mark.law(
    "D38", "D38.1", "D38.2", "D38.3", "D38.4", "D38.5", "D38.6", "D38.7", "D38.8", "D38.9", "D38.10", "D38.11", "D38.12"
)
@pytest.mark.parametrize("number", range(1, 13))
def test_a_text_without_one_of_the_twelve_items_is_not_agreed_to(province, lan, number):
    found = ours.drafting()
    item = content.items_of(found)[number - 1]
    assert item.article == f"D38.{number}"
    found = ours.save(found, **{item.name: "  "})
    with pytest.raises(RuleBroken) as refused:
        ours.agree(found, lan)
    assert refused.value.article == "D38"
    assert item.vi in refused.value.message


def test_a_text_over_a_service_names_its_fields_and_ends_after_it_begins(province, lan, phuc):
    found = ours.save(ours.drafting(), fields=[])
    with pytest.raises(RuleBroken):
        ours.agree(found, lan)
    found = ours.save(found, valid_until="2026-11-03")
    with pytest.raises(RuleBroken):
        ours.agree(found, lan)
    with pytest.raises(Invalid) as refused:
        ours.save(found, effective_on="2027-01-01", valid_until="2027-01-01")
    assert "valid_until" in refused.value.fields
    with pytest.raises(Invalid):
        ours.save(found, fields=["khong_co"])
    with pytest.raises(Invalid):
        ours.save(found, term="x" * (content.ITEM_LENGTH + 1))


def test_the_same_text_is_not_saved_again(province, lan):
    found = ours.save(ours.drafting())
    with pytest.raises(Invalid) as refused:
        ours.save(found, lan)
    assert "bản số 1" in refused.value.message


@pytest.mark.law("D37.2")
def test_of_two_sides_that_save_at_once_the_second_is_told_and_nothing_is_lost(province, lan, phuc, at):
    found = ours.drafting()
    seen = ours.fresh(found)
    ours.save(found, phuc)
    with pytest.raises(StateMoved) as moved:
        drafting.save_version(actor=lan, at=at, agreement=seen, content=ours.TEXT | {"other": "Khác"})
    assert "Thạch Phúc" in moved.value.message
    again = ours.fresh(found)
    with pytest.raises(StateMoved):
        drafting.save_version(actor=lan, at=at, agreement=again, content=ours.TEXT | {"other": "x"}, version=3)
    assert AgreementVersion.objects.get().number == 1
    assert ours.save(again, lan, other="Khác").state == "drafting"


def test_nobody_but_the_parties_drafts_or_agrees(province, minh, hoa):
    found = ours.save(ours.drafting())
    for actor in (minh, hoa, ours.TU):
        with pytest.raises(NotAllowed):
            ours.save(found, actor, other="x")
        with pytest.raises(NotAllowed):
            ours.agree(found, actor)


def test_agreeing_to_nothing_is_told(province, lan, at):
    with pytest.raises(StateMoved):
        drafting.agree(actor=lan, at=at, agreement=ours.drafting(), digest="x")


def test_drafting_outside_its_time_is_refused(province, phuc):
    with pytest.raises(StateMoved):
        ours.save(ours.in_force(), phuc, other="x")


@pytest.mark.law("D36")
def test_the_lead_agency_reads_along_and_others_find_nothing(province, lan, phuc, minh, khanh, hoa):
    found = ours.save(ours.drafting())
    for actor in (lan, phuc, minh):
        assert queries.get_agreement_for(actor, found.code)
    for actor in (khanh, hoa, ours.TU):
        with pytest.raises(NotFound):
            queries.get_agreement_for(actor, found.code)


@pytest.mark.law("D36")
def test_an_authority_reads_what_was_sent_to_it_on_its_request(province, lan, hoa, khanh, at):
    found = ours.in_force()
    send = operations.send_to_authority
    with pytest.raises(NotAllowed):
        send(actor=hoa, at=at, agreement=found, agency="CT-CA", basis="CV 12")
    for wrong in ({"agency": "CT-CA", "basis": " "}, {"agency": "CT-SYT", "basis": "x"}, {"agency": "?", "basis": "x"}):
        with pytest.raises(Invalid):
            send(actor=lan, at=at, agreement=found, **wrong)
    send(actor=lan, at=at, agreement=found, agency="CT-CA", basis="Công văn 12/CA")
    assert queries.get_agreement_for(hoa, found.code) == found
    with pytest.raises(NotFound):
        queries.get_agreement_for(khanh, found.code)
    assert Entry.objects.filter(action="sharing.agreement.sent_to_authority").exists()


# ---- signing ----


@pytest.mark.law("D36", "D37.3", "D37.4", "D39")
def test_the_last_signature_puts_it_in_force_and_opens_the_account_as_agreed(province, lan, phuc, at):
    found = ours.sign(ours.signing(), phuc)
    assert found.state == "signing"
    assert not Account.objects.exists()
    found = ours.sign(found, lan)
    assert (found.state, found.effective_on, found.valid_until) == ("in_force", date(2026, 11, 3), ours.END)
    assert found.in_force.number == 1
    assert [(s.agency, s.method, s.digest) for s in found.in_force.signatures.all()] == [
        ("CT-X31507", "record", found.in_force.digest), ("CT-SYT", "record", found.in_force.digest),
    ]  # fmt: skip
    account = Account.objects.get()
    assert (account.agreement, account.request, account.subject) == (found, None, "CT-X31507/MCDT")
    assert (account.granted_fields, account.valid_until) == (ours.TEXT["fields"], ours.END)
    assert found.in_force.in_force_from == date(2026, 11, 3)


@pytest.mark.law("D37.3")
def test_a_signature_names_the_version_who_signs_and_is_given_once(province, lan, phuc, minh, at):
    found = ours.signing()
    digest = ours.table(found).digest
    who = {"signer": "A", "position": "B"}
    with pytest.raises(StateMoved):
        signing.sign(actor=phuc, at=at, agreement=found, digest="x" * 64, **who)
    for wrong in ({"signer": " ", "position": "B"}, {"signer": "A", "position": ""}):
        with pytest.raises(Invalid):
            signing.sign(actor=phuc, at=at, agreement=found, digest=digest, **wrong)
    for actor in (minh, ours.TU):
        with pytest.raises(NotAllowed):
            signing.sign(actor=actor, at=at, agreement=found, digest=digest, **who)
    found = signing.sign(actor=phuc, at=at, agreement=found, digest=digest, **who)
    with pytest.raises(Invalid):
        signing.sign(actor=phuc, at=at, agreement=found, digest=digest, **who)
    assert AgreementSignature.objects.count() == 1


def test_a_committee_signs_by_its_chairman(province, khanh):
    found = ours.signing()
    assert policies.may_sign(khanh, found)
    Agreement.objects.get().parties.filter(side="consumer").update(agency=Agency.objects.get(code="CT-UBND"))
    assert policies.may_sign(khanh, ours.fresh(found)) == ""


@pytest.mark.law("D37.2", "D37.3")
def test_a_text_sent_back_is_signed_by_nobody_and_must_be_saved_and_agreed_anew(province, lan, phuc, at):
    found = ours.sign(ours.signing(), phuc)
    first = ours.table(found)
    with pytest.raises(Invalid):
        drafting.return_to_drafting(actor=lan, at=at, agreement=found, reason="")
    found = drafting.return_to_drafting(actor=lan, at=at, agreement=found, reason="Giám đốc muốn sửa mục 9.")
    assert (found.state, ours.table(found)) == ("drafting", None)
    with pytest.raises(StateMoved):
        drafting.agree(actor=lan, at=at, agreement=found, digest=first.digest)
    found = ours.agree(ours.save(found, lan, security="Khóa đổi mỗi quý."), phuc)
    assert found.state == "signing"
    assert not ours.table(found).signatures.exists()


@pytest.mark.law("D38.4")
def test_a_stated_day_is_waited_for_and_the_daily_job_begins_it(province, lan, phuc, at):
    found = ours.in_force(effective_on="2026-12-01")
    assert found.state == "signed"
    assert not Account.objects.exists()
    assert signing.begin_due(at=at) == 0
    assert signing.begin_due(at=ours.LATER) == 1
    found.refresh_from_db()
    assert (found.state, found.effective_on) == ("in_force", date(2026, 12, 1))
    assert Account.objects.get().created_at == ours.LATER
    assert signing.begin_due(at=ours.LATER) == 0


@pytest.mark.law("D40")
def test_an_account_that_is_in_the_way_does_not_undo_the_signatures(province, lan, phuc, at):
    service = scenes.published_service()
    request = requests.send_request(
        actor=phuc, at=at,
        request=requests.draft_request(
            actor=phuc, at=at, application=scenes.application(), service=service,
            values=scenes.REQUEST,
        ),
    )  # fmt: skip
    old = requests.grant_request(actor=lan, at=at, request=request, granted=["ma_co_so"], **scenes.WITHHELD)
    found = operations.ask_agreement(
        actor=phuc, at=at, application=request.application, service=service, values=ours.ASKED
    )
    found = operations.submit(actor=phuc, at=at, agreement=found)
    found = operations.confirm_special(actor=lan, at=at, agreement=found, reason="x")
    found = operations.record_review(actor=lan, at=at, agreement=found, **ours.REVIEW)
    found = ours.sign(ours.sign(ours.agree(ours.save(found), lan), phuc), lan)
    assert found.state == "in_force"
    assert Account.objects.get() == old
    assert any("chưa mở được" in notice.title for notice in inbox(lan))

    with pytest.raises(RuleBroken):
        connecting.connect(actor=lan, at=at, agreement=found)
    accounts.move_account(actor=lan, at=at, account=old, transition="revoke", reason="Thay bằng thỏa thuận")
    connecting.connect(actor=lan, at=at, agreement=ours.fresh(found))
    assert Account.objects.filter(agreement=found).count() == 1


# ---- whose turn it is ----


def test_the_next_word_is_the_right_sides_at_every_step(province, lan, phuc, minh, at):
    def turn():
        return [actor.code for actor in (lan, phuc) if queries.waiting_for(actor).exists()]

    found = ours.drafted()
    assert turn() == ["phuc"]
    found = operations.submit(actor=phuc, at=at, agreement=found)
    assert turn() == ["lan"]
    found = operations.confirm_special(actor=lan, at=at, agreement=found, reason="x")
    found = operations.record_review(actor=lan, at=at, agreement=found, **ours.REVIEW)
    assert turn() == ["lan", "phuc"]
    found = ours.save(found, phuc)
    assert turn() == ["lan"]
    found = ours.save(found, lan, other="Thêm.")
    assert turn() == ["phuc"]
    found = ours.agree(found, phuc)
    assert turn() == ["lan", "phuc"]
    found = ours.sign(found, lan)
    assert turn() == ["phuc"]
    found = ours.sign(found, phuc)
    assert turn() == []
    found = ours.amending(found)
    assert turn() == ["lan", "phuc"]
    found = drafting.drop_amendment(actor=lan, at=ours.LATER, agreement=found, reason="x")
    found = ending.terminate(actor=lan, at=ours.LATER, agreement=found, ground="ended", reason="x")
    assert turn() == ["phuc"]
    ending.report_deletion(actor=phuc, at=ours.LATER, agreement=found, deleted_on=date(2026, 12, 1), text="Đã xóa.")
    assert turn() == ["lan"]
    assert not queries.waiting_for(minh).exists()
