"""Credentials of an account: issued once to the consumer, revoked by any party."""

import pytest
from joserfc.jwk import ECKey, RSAKey

import scenes
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp import operations, queries
from nganam.lgsp.models import Credential
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


@pytest.fixture
def sign_in(client):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def test_only_the_consumer_gets_a_credential(account, hoa):
    for actor in (scenes.LAN, scenes.MINH, hoa):
        with pytest.raises(NotAllowed):
            operations.issue_credential(account, actor=actor, at=scenes.AT)
    assert not Credential.objects.exists()


def test_an_account_that_is_not_in_force_gets_none(account):
    locked = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    with pytest.raises(NotAllowed):
        operations.issue_credential(locked, actor=scenes.PHUC, at=scenes.AT)


def test_an_account_has_few_credentials(account):
    for _ in range(operations.MOST_LIVE):
        row, _secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
    with pytest.raises(RuleBroken):
        operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
    operations.revoke_credential(row, actor=scenes.PHUC, at=scenes.AT)
    operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)


def test_both_parties_and_the_operator_revoke_and_nobody_else(account, hoa):
    for actor in (scenes.LAN, scenes.MINH, scenes.PHUC):
        row, _secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
        with pytest.raises(NotAllowed):
            operations.revoke_credential(row, actor=hoa, at=scenes.AT)
        assert operations.revoke_credential(row, actor=actor, at=scenes.AT).revoked_at == scenes.AT
        with pytest.raises(StateMoved):
            operations.revoke_credential(row, actor=actor, at=scenes.AT)


def test_deeds_are_in_the_audit_record_without_the_secret(account):
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
    operations.revoke_credential(row, actor=scenes.PHUC, at=scenes.AT)
    found = Entry.objects.filter(action__startswith="lgsp.credential.").order_by("seq")
    assert [one.action for one in found] == ["lgsp.credential.issued", "lgsp.credential.revoked"]
    assert {one.object_code for one in found} == {account.code}
    assert all(secret not in str(one.details) for one in found)


def test_private_weak_and_unreadable_keys_are_refused(account):
    good = ECKey.generate_key("P-256")
    for jwk in (
        good.as_dict(private=True),
        RSAKey.generate_key(2048).as_dict(private=False),
        ECKey.generate_key("P-384").as_dict(private=False),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "oct", "k": "AA"},
        {},
    ):
        with pytest.raises(Invalid):
            operations.register_key(account, actor=scenes.PHUC, at=scenes.AT, jwk=jwk)


@pytest.mark.law("S8.2d", "D35.3")
def test_the_page_shows_a_secret_once_with_a_call_to_try(sign_in, account):
    page = sign_in("phuc").post(f"/tai-khoan-ket-noi/{account.code}/khoa/cap/")
    text = page.content.decode()
    assert "no-store" in page["Cache-Control"]
    row = Credential.objects.get()
    assert row.client_id in text
    assert "curl" in text
    secret = page.context["secret"]
    assert secret in text
    assert secret not in sign_in("phuc").get(f"/tai-khoan-ket-noi/{account.code}/khoa/").content.decode()


def test_a_key_is_registered_and_revoked_on_the_page(sign_in, account):
    import json

    phuc = sign_in("phuc")
    page = f"/tai-khoan-ket-noi/{account.code}/khoa/"
    assert "không phải JSON" in phuc.post(page, {"jwk": "{"}).content.decode()
    private = json.dumps(ECKey.generate_key("P-256").as_dict(private=True))
    assert "khóa riêng" in phuc.post(page, {"jwk": private}).content.decode()
    phuc.post(page, {"jwk": json.dumps(ECKey.generate_key("P-256").as_dict(private=False))})
    row = Credential.objects.get()
    lan = sign_in("lan")
    done = lan.post(f"{page}{row.client_id}/thu-hoi/", follow=True)
    assert "Đã thu hồi khóa" in done.content.decode()
    row.refresh_from_db()
    assert row.revoked_at


def test_an_account_of_others_is_not_found(sign_in, account, hoa):
    assert sign_in("hoa").get(f"/tai-khoan-ket-noi/{account.code}/khoa/").status_code == 404
    assert sign_in("lan").post(f"/tai-khoan-ket-noi/{account.code}/khoa/cap/").status_code == 403
    with pytest.raises(NotFound):
        queries.get_credential_for(scenes.PHUC, account.code, "khong-co")
