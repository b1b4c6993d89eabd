"""SM3 A: the answer to an outside agency: an account as in SM1, a special agreement, or a reasoned refusal."""

from dataclasses import replace
from datetime import date

import pytest

import scenes
import scenes_outside as outside
from nganam.cases.queries import history_of
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.lgsp import operations as lgsp
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts import policies as account_policies
from nganam.sharing.models import Account, Application, Delegation, Inbound, Request
from nganam.sharing.outside import inbound, queries
from nganam.sharing.requests import operations as requests

pytestmark = pytest.mark.django_db


@pytest.mark.law("S17.1", "D35.3", "D40")
def test_a_grant_opens_the_account_of_the_outside_agencys_own_application(province):
    account = outside.granted()
    case = Inbound.objects.get()
    assert (case.state, account.state, account.subject) == ("granted", "created", "BO-YT/HSSK")
    assert account.granted_fields == ["ma_co_so", "ten_co_so"]
    assert (case.request, case.request.state) == (account.request, "granted")
    assert (case.request.received_at, case.request.rules) == (case.received_at, case.rules)
    assert clocks_of("sharing.inbound", case.code).get(key="acct_issue").stopped_at == outside.AT
    assert not clocks_of("sharing.request", case.request.code).exists(), "the term ran on the case from outside"
    assert [row.transition for row in history_of(case.request)] == ["", "carry_over", "grant"]


def test_a_known_application_of_the_outside_agency_is_taken_as_it_is(province, lan, at):
    first = outside.granted()
    accounts.move_account(actor=lan, at=at, account=first, transition="revoke", reason="Cấp lại")
    second = outside.granted(outside.weighed(case=outside.registered(service=first.service)))
    assert second.application == first.application
    assert Application.objects.count() == 1


@pytest.mark.law("D40.2")
def test_the_owner_grants_or_the_operator_to_whom_it_was_delegated(province, minh, khanh, phuc, at):
    case = outside.weighed()
    for actor in (minh, khanh, phuc):
        with pytest.raises(NotAllowed):
            inbound.grant_inbound(actor=actor, at=at, inbound=case, granted=["ma_co_so"], **scenes.WITHHELD)
    Delegation.objects.create(provider=case.provider, paper="5/UQ-SYT", valid_from=date(2026, 1, 1), created_at=at)
    assert (
        inbound.grant_inbound(actor=minh, at=at, inbound=case, granted=["ma_co_so"], **scenes.WITHHELD).state
        == "created"
    )


@pytest.mark.law("S17.3")
def test_what_the_chairman_permits_is_granted_and_what_is_not_agreed_is_not(province, lan, at):
    account = outside.granted(outside.decided("permit"))
    assert account.state == "created"
    for build in (
        lambda: outside.registered(service=account.service),
        lambda: outside.weighed(owner=False, case=outside.registered(service=account.service)),
        lambda: outside.weighed(owner=False, lead=False, case=outside.registered(service=account.service)),
    ):
        with pytest.raises(StateMoved):
            inbound.grant_inbound(actor=lan, at=at, inbound=build(), granted=["ma_co_so"], **scenes.WITHHELD)
    assert Account.objects.count() == 1


def test_what_the_chairman_forbids_is_not_granted(province, lan, at):
    with pytest.raises(StateMoved):
        inbound.grant_inbound(
            actor=lan, at=at, inbound=outside.decided("forbid"), granted=["ma_co_so"], **scenes.WITHHELD
        )


@pytest.mark.law("S17.2", "D22")
def test_the_owner_must_be_ready_a_published_service_under_a_regulation(province, lan, at):
    from nganam.catalogue.models import SharedDatabase
    from nganam.services.models import Service

    case = outside.weighed()
    database = SharedDatabase.objects.create(
        code="CSDL-1", name="Y tế", owner=case.provider, state="in_catalogue", rules="2025-10-22", created_at=at,
        updated_at=at,
    )  # fmt: skip
    Service.objects.update(database=database)
    with pytest.raises(RuleBroken) as refused:
        inbound.grant_inbound(
            actor=lan, at=at, inbound=queries.fresh_inbound(case), granted=["ma_co_so"], **scenes.WITHHELD
        )
    assert refused.value.article == "D22"
    SharedDatabase.objects.update(regulation_number="12/QC-SYT")
    with pytest.raises(RuleBroken, match="chưa có địa chỉ công bố"):
        inbound.grant_inbound(actor=lan, at=at, inbound=queries.fresh_inbound(case), granted=["ma_co_so"])
    Service.objects.update(database=None)
    Service.objects.update(state="suspended")
    with pytest.raises(RuleBroken) as refused:
        inbound.grant_inbound(
            actor=lan, at=at, inbound=queries.fresh_inbound(case), granted=["ma_co_so"], **scenes.WITHHELD
        )
    assert refused.value.article == "S17.2"
    assert Inbound.objects.get().state == "agreed"
    assert not Request.objects.exists(), "a grant undone leaves nothing"


def test_items_nobody_asked_for_are_not_granted(province, lan, at):
    case = outside.weighed()
    for granted in ([], ["loai"]):
        with pytest.raises(Invalid):
            inbound.grant_inbound(actor=lan, at=at, inbound=queries.fresh_inbound(case), granted=granted)
    assert (Inbound.objects.get().state, Application.objects.count()) == ("agreed", 0)


@pytest.mark.law("D36")
def test_special_data_go_on_by_an_agreement_and_never_by_an_account(province, lan, minh, at):
    case = outside.weighed(case=outside.registered_special())
    with pytest.raises(RuleBroken) as refused:
        inbound.grant_inbound(actor=lan, at=at, inbound=case, granted=["Số ca bệnh theo tuần"])
    assert refused.value.article == "D33"
    with pytest.raises(NotAllowed):
        inbound.move_to_agreement(actor=lan, at=at, inbound=case, reason="x")
    with pytest.raises(Invalid):
        inbound.move_to_agreement(actor=minh, at=at, inbound=case, reason="")
    moved = inbound.move_to_agreement(actor=minh, at=at, inbound=case, reason="Dữ liệu đặc thù")
    assert moved.state == "special"
    waiting = clocks_of("sharing.inbound", moved.code).filter(stopped_at__isnull=True)
    assert {(one.key, one.is_local) for one in waiting} == {("inbound_next", True)}, "the agreement is to be begun"


def test_default_data_may_turn_out_to_need_an_agreement_and_the_term_stops(province, minh, at):
    moved = inbound.move_to_agreement(actor=minh, at=at, inbound=outside.weighed(), reason="Cần điều kiện riêng")
    assert clocks_of("sharing.inbound", moved.code).get(key="acct_issue").stopped_at == at


@pytest.mark.law("S17.3", "N194.16", "D35.3")
@pytest.mark.parametrize("build", [lambda: outside.weighed(owner=False, lead=False), lambda: outside.decided("forbid")])
def test_a_refusal_is_answered_with_reason_and_legal_basis(province, build, lan, minh, at):
    case = build()
    with pytest.raises(NotAllowed):
        inbound.refuse_inbound(actor=lan, at=at, inbound=case, reason="x", legal_basis=outside.BASIS)
    with pytest.raises(Invalid) as refused:
        inbound.refuse_inbound(actor=minh, at=at, inbound=case, reason="x")
    assert "legal_basis" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        inbound.refuse_inbound(actor=minh, at=at, inbound=case, reason="", legal_basis=outside.BASIS)
    assert "reason" in refused.value.fields
    moved = inbound.refuse_inbound(actor=minh, at=at, inbound=case, reason="Không đủ căn cứ", legal_basis=outside.BASIS)
    assert (moved.state, moved.refusal_reason, moved.legal_basis) == ("refused", "Không đủ căn cứ", outside.BASIS)
    assert clocks_of("sharing.inbound", moved.code).get(key="acct_issue").stopped_at == at


@pytest.mark.parametrize("build", [outside.registered, outside.weighed, outside.submitted])
def test_nothing_is_refused_while_it_is_agreed_or_undecided(province, build, minh, at):
    with pytest.raises(StateMoved):
        inbound.refuse_inbound(actor=minh, at=at, inbound=build(), reason="x", legal_basis="y")


@pytest.mark.law("S17.1", "S9.7")
def test_the_lead_agency_receives_the_credential_for_the_outside_agency(province, lan, minh, phuc, at):
    account = outside.granted()
    for actor in (lan, phuc):
        with pytest.raises(NotAllowed):
            lgsp.issue_credential(account, actor=actor, at=at)
    _credential, secret = lgsp.issue_credential(account, actor=minh, at=at)
    account.refresh_from_db()
    assert secret
    assert (account.state, Request.objects.get().state) == ("active", "testing")


def test_the_lead_agency_holds_no_credentials_of_agencies_of_the_province(province, minh, at):
    account = scenes.created_account()
    assert account_policies.may_hold_credentials(minh, account)
    with pytest.raises(NotAllowed):
        lgsp.issue_credential(account, actor=minh, at=at)


def test_nobody_drafts_a_request_for_an_outside_agency_past_the_two_opinions(province, minh, at):
    account = outside.granted()
    both = replace(minh, roles=outside.BOTH.roles)
    for actor in (minh, both):
        with pytest.raises(NotAllowed):
            requests.draft_request(
                actor=actor, at=at, application=account.application, service=account.service, values=scenes.REQUEST
            )


@pytest.mark.law("S17.4", "D46", "N278")
def test_a_connection_is_recorded_once_the_account_is_handed_over(province, lan, minh, at):
    account = outside.granted()
    words = {"at": at, "route": "ndxp", "reason": "Thử tốt", "ndop_checked": True}
    with pytest.raises(RuleBroken):
        inbound.connect_inbound(actor=minh, inbound=Inbound.objects.get(), **words)
    accounts.hand_over(actor=minh, at=at, account=account)
    with pytest.raises(NotAllowed):
        inbound.connect_inbound(actor=lan, inbound=Inbound.objects.get(), **words)
    case = inbound.connect_inbound(actor=minh, inbound=Inbound.objects.get(), **words)
    assert (case.state, case.route) == ("in_use", "ndxp")
    assert Request.objects.get().state == "in_use"


@pytest.mark.law("D46", "N194.20")
@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("route", {"route": "email", "ndop_checked": True}),
        ("finding", {"route": "direct", "ndop_checked": True}),
        ("ndop_checked", {"route": "ndxp"}),
        ("reason", {"route": "ndop", "reason": ""}),
    ],
)
def test_directly_only_on_a_finding_and_mandatory_data_by_ndop(province, minh, at, field, words):
    accounts.hand_over(actor=minh, at=at, account=outside.granted())
    with pytest.raises(Invalid) as refused:
        inbound.connect_inbound(actor=minh, at=at, inbound=Inbound.objects.get(), **{"reason": "x"} | words)
    assert field in refused.value.fields


@pytest.mark.law("N278", "D46")
@pytest.mark.parametrize(("version", "wanted"), [("2025-08-19", False), ("2025-10-22", True)])
def test_only_rules_since_22_october_2025_ask_about_ndop(province, minh, at, version, wanted):
    accounts.hand_over(actor=minh, at=at, account=outside.granted())
    Inbound.objects.update(rules=version)
    words = {"actor": minh, "at": at, "inbound": Inbound.objects.get(), "route": "direct", "reason": "Thử tốt"}
    finding = "Đơn vị vận hành NDXP xác định chưa sẵn sàng, công văn 8/CĐSQG ngày 01/10/2026"
    if wanted:
        with pytest.raises(Invalid):
            inbound.connect_inbound(finding=finding, **words)
    else:
        case = inbound.connect_inbound(finding=finding, **words)
        assert (case.route, case.finding) == ("direct", finding)


@pytest.mark.law("D43", "D44")
def test_the_case_follows_its_account(province, lan, minh, at, run_jobs):
    outside.connected()
    account = Account.objects.get()
    for transition, words, state in (
        ("lock", {"reason": "Nguy cơ"}, "suspended"),
        ("restore", {}, "in_use"),
        ("revoke", {"reason": "Hết nhu cầu"}, "terminated"),
    ):
        account = accounts.move_account(actor=lan, at=at, account=account, transition=transition, **words)
        run_jobs()
        assert Inbound.objects.get().state == state
    assert inbound.follow_request(at=at, code=account.request.code) == "", "told twice, nothing moves twice"


@pytest.mark.law("D44")
def test_the_lead_agency_gives_the_account_up_for_the_outside_agency(province, minh, at, run_jobs):
    outside.connected()
    accounts.move_account(
        actor=minh, at=at, account=Account.objects.get(), transition="give_up", reason="Bộ Y tế thôi dùng"
    )
    run_jobs()
    assert Inbound.objects.get().state == "terminated"


def test_a_request_of_the_province_moves_no_case_from_outside(province, lan, at, run_jobs):
    account = scenes.account()
    accounts.move_account(actor=lan, at=at, account=account, transition="lock", reason="x")
    assert inbound.follow_request(at=at, code=account.request.code) == ""
