"""Purposes by their codes: asked, approved with the request or the agreement, carried by account, token and log."""

import importlib
import json

import pytest
from django.apps import apps
from django.test import Client
from joserfc import jws

import scenes
from nganam.kernel.errors import Invalid
from nganam.lgsp import tokens
from nganam.lgsp.operations import issue_credential
from nganam.lgsp.tokens import Proof, TokenRefused
from nganam.sharing import purposes
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.agreements import operations as agreements
from nganam.sharing.requests import operations
from nganam.sharing.requests.models import Request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _province(province: None) -> None:
    """Every story needs the cast."""


def granted(*codes, **scope):
    request = scenes.sent_request(purpose_codes=list(codes))
    account = operations.grant_request(
        actor=scenes.LAN, at=scenes.AT, request=request, granted=["ma_co_so", "ten_co_so"], **scenes.WITHHELD, **scope
    )
    return Account.objects.get(pk=account.pk)


def token_of(account, purpose="", at=scenes.AT):
    account = accounts.hand_over(actor=scenes.PHUC, at=at, account=account) if account.state == "created" else account
    row, secret = issue_credential(account, actor=scenes.PHUC, at=at)
    text = tokens.issue_token(Proof(row.client_id, secret=secret), at=at, purpose=purpose).text
    return json.loads(jws.extract_compact(text.encode()).payload)


def test_a_request_names_codes_of_the_list_each_once_in_its_order(data):
    request = scenes.drafted_request(purpose_codes=["TKBC", "TTHC", "TKBC"])
    assert request.purpose_codes == ["TTHC", "TKBC"]
    with pytest.raises(Invalid, match="GIAI-TRI"):
        operations.edit_request(
            actor=scenes.PHUC, at=scenes.AT, request=request, values={"purpose_codes": ["GIAI-TRI"]}
        )
    changed = operations.edit_request(
        actor=scenes.PHUC, at=scenes.AT, request=request, values={"purpose_codes": ["KHAN"]}
    )
    assert changed.purpose_codes == ["KHAN"]


def test_an_account_gets_no_purpose_its_request_did_not_approve(data):
    with pytest.raises(Invalid) as refused:
        granted("TTHC", "TKBC", purpose_code="TTKT")
    assert "TTHC, TKBC" in str(refused.value.message)
    assert not Account.objects.exists()
    account = operations.grant_request(
        actor=scenes.LAN, at=scenes.AT, request=Request.objects.get(), granted=["ma_co_so"], purpose_code="TKBC",
        **scenes.WITHHELD,
    )  # fmt: skip
    assert account.purpose_code == "TKBC"
    with pytest.raises(Invalid):
        accounts.adjust_account(
            actor=scenes.LAN, at=scenes.AT, account=account, reason="Đổi", purpose_code="TTKT", transition="adjust_new"
        )
    moved = accounts.adjust_account(
        actor=scenes.LAN, at=scenes.AT, account=account, reason="Đổi", purpose_code="TTHC", transition="adjust_new"
    )
    assert moved.purpose_code == "TTHC"


def test_the_only_purpose_asked_binds_the_account_and_its_tokens(data):
    account = granted("TTHC")
    assert account.purpose_code == "TTHC"
    assert token_of(account)["purpose"] == "TTHC"


def test_where_none_was_asked_the_provider_names_one_and_it_is_the_requests(data):
    account = granted(purpose_code="QLNN")
    assert account.request.purpose_codes == ["QLNN"]
    assert token_of(account)["purpose"] == "QLNN"


def test_of_several_the_caller_names_one(data):
    account = granted("TTHC", "TKBC")
    assert account.purpose_code == ""
    assert token_of(account, "TKBC")["purpose"] == "TKBC"
    account.refresh_from_db()
    with pytest.raises(TokenRefused, match="TTHC, TKBC") as refused:
        token_of(account)
    assert refused.value.error == "invalid_scope"
    with pytest.raises(TokenRefused):
        token_of(account, "TTKT")


def test_no_token_when_account_and_request_disagree(data):
    account = granted("TTHC")
    Request.objects.update(purpose_codes=["TKBC"])
    account.refresh_from_db()
    with pytest.raises(TokenRefused, match=account.request.code) as refused:
        token_of(Account.objects.get(pk=account.pk))
    assert refused.value.error == "unauthorized_client"


def test_what_a_request_says_goes_on_to_the_agreement_and_into_its_text(data):
    from nganam.sharing.agreements.content import first_content

    request = scenes.sent_request(purpose_codes=["TTHC", "ATXH"])
    operations.move_to_special(
        actor=scenes.LAN, at=scenes.AT, request=request, reason="Dữ liệu nhạy cảm.", legal_basis="Luật X"
    )
    agreement = request.agreement
    assert agreement.purpose_codes == ["TTHC", "ATXH"]
    assert "ATXH · An sinh xã hội" in first_content(agreement, [])["limits"]
    changed = agreements.edit_asked(
        actor=scenes.PHUC, at=scenes.AT, agreement=agreement, values={"purpose_codes": ["KHAN"]}
    )
    assert changed.purpose_codes == ["KHAN"]


def test_an_account_of_an_agreement_is_held_to_the_agreements_purposes(data):
    account = granted("TTHC")
    agreement = agreements.open_from_request(account.request, at=scenes.AT, reason="Đặc thù.")
    Account.objects.update(request=None, agreement=agreement)
    account = Account.objects.get()
    assert purposes.breaks_chain(account) == ""
    agreement.purpose_codes = ["TKBC"]
    agreement.save()
    assert agreement.code in purposes.breaks_chain(Account.objects.get())


def test_rows_from_before_get_what_their_accounts_were_granted_for(data):
    account = granted("TTHC")
    Request.objects.update(purpose_codes=[])
    Account.objects.update(purpose_code="TKBC")
    importlib.import_module("nganam.sharing.migrations.0011_purposes").fill(apps, None)
    assert Request.objects.get().purpose_codes == ["TKBC"]
    assert purposes.breaks_chain(Account.objects.get(pk=account.pk)) == ""


def test_pages_show_and_take_them(data, client: Client):
    service = scenes.published_service()
    scenes.application()
    client.login(username="phuc", password=scenes.PASSWORD)
    page = client.get(f"/yeu-cau/moi/?dich-vu={service.code}").content.decode()
    assert "TTHC · Giải quyết thủ tục hành chính" in page
    sent = {
        **{name: scenes.REQUEST[name] for name in ("purpose", "solution", "frequency")}, "application": "MCDT",
        "fields_asked": ["ma_co_so"], "purpose_codes": ["TTHC", "ATXH"],
    }  # fmt: skip
    assert client.post(f"/yeu-cau/moi/?dich-vu={service.code}", sent).status_code == 302
    request = Request.objects.get()
    assert request.purpose_codes == ["TTHC", "ATXH"]
    assert "ATXH · An sinh xã hội" in client.get(request.get_absolute_url()).content.decode()


def test_where_nothing_was_approved_an_adjustment_offers_no_purpose_and_says_where_to_have_one_approved(data, client):
    account = granted()
    assert client.login(username="lan", password=scenes.PASSWORD)
    page = client.get(account.get_absolute_url()).content.decode()
    assert "chưa chấp thuận mã mục đích nào" in page
    with pytest.raises(Invalid) as refused:
        accounts.adjust_account(
            actor=scenes.LAN, at=scenes.AT, account=account, reason="Đổi", purpose_code="TTKT", transition="adjust_new"
        )
    assert "chấp thuận mục đích này trước" in str(refused.value.hint)
