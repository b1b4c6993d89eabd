"""Credentials by an officer's own program: the secret is told once and is nowhere else."""

import logging

import pytest
from joserfc.jwk import ECKey

import scenes
from by_program import JSON, done, refused
from nganam.audit.models import Entry
from nganam.lgsp.models import Credential
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db


def path_of(account, rest=""):
    return f"/api/v1/cases/sharing.account/{account.code}/credentials{rest}"


@pytest.mark.law("D35.3", "D40")
def test_a_secret_is_told_once_and_gets_a_token(program, phuc, lan, hoa, client, caplog):
    account, ours = scenes.created_account(), program(phuc)
    with caplog.at_level(logging.DEBUG):
        answer = ours.post(path_of(account), {"kind": "secret"}, **JSON)
    made = done(answer, 201)
    assert answer["Cache-Control"] == "no-store"
    assert (made["kind"], made["client_id"].startswith(account.code)) == ("secret", True)
    assert made["secret"] not in caplog.text
    assert all(made["secret"] not in str(one.details) for one in Entry.objects.all())
    assert made["secret"] not in str(Credential.objects.values())
    listing = ours.get(path_of(account))
    assert listing["Cache-Control"] == "no-store"
    told = done(listing)
    assert made["secret"] not in listing.content.decode()
    assert [one["client_id"] for one in told["credentials"]] == [made["client_id"]]
    assert told["token_url"].endswith("/oauth2/token")
    account.refresh_from_db()
    assert account.state == "active", "who has the first key has been handed the account"
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["secret"]}
    assert client.post("/oauth2/token", form).status_code == 200
    refused(program(hoa).get(path_of(account)), 404, "not_found")
    refused(program(hoa).post(path_of(account), {"kind": "secret"}, **JSON), 404, "not_found")
    refused(program(lan).post(path_of(account), {"kind": "secret"}, **JSON), 403, "not_allowed")


@pytest.mark.law("D40")
def test_a_credential_is_changed_without_a_break(program, phuc, client):
    account, ours = scenes.account(), program(phuc)
    old = done(ours.post(path_of(account), {"kind": "secret"}, **JSON), 201)
    new = done(ours.post(path_of(account), {"kind": "secret", "valid_until": "2099-01-01"}, **JSON), 201)
    assert new["valid_until"] == "2099-01-01"
    under_way = done(ours.get(path_of(account)))["rotation"]
    assert under_way == {"step": 2, "new": new["client_id"], "old": [old["client_id"]]}
    form = {"grant_type": "client_credentials", "client_id": new["client_id"], "client_secret": new["secret"]}
    assert client.post("/oauth2/token", form).status_code == 200
    assert done(ours.get(path_of(account)))["rotation"]["step"] == 3
    revoke = path_of(account, f"/{old['client_id']}/revoke")
    assert done(ours.post(revoke))["revoked_at"] is not None
    refused(ours.post(revoke), 409, "state_moved")
    refused(ours.post(path_of(account, "/khong-co/revoke")), 404, "not_found")
    assert done(ours.get(path_of(account)))["rotation"] == {"step": 1, "new": new["client_id"], "old": []}


def test_every_kind_of_the_page_is_issued_and_listed_and_only_keys_take_turns(program, phuc):
    account, ours = scenes.account(), program(phuc)
    made = {
        kind: done(ours.post(path_of(account), {"kind": kind}, **JSON), 201) for kind in ("secret", "apikey", "cert")
    }
    assert made["apikey"]["secret"].startswith(made["apikey"]["client_id"] + ".")
    assert made["cert"]["secret"] == ""
    told = done(ours.get(path_of(account)))
    assert [one["kind"] for one in told["credentials"]] == ["cert", "apikey", "secret"]
    assert told["rotation"] == {"step": 1, "new": made["secret"]["client_id"], "old": []}


def test_a_public_key_is_registered_and_nothing_but_the_key_is_kept(program, phuc):
    account, ours, key = scenes.account(), program(phuc), ECKey.generate_key("P-256")
    public = key.as_dict(private=False)
    made = done(ours.post(path_of(account), {"kind": "jwk", "jwk": public | {"note": {"a": 1}}}, **JSON), 201)
    assert (made["kind"], made["secret"]) == ("jwk", "")
    assert set(Credential.objects.get().public_jwk) == {"kty", "crv", "x", "y"}
    private = refused(ours.post(path_of(account), {"kind": "jwk", "jwk": key.as_dict(private=True)}, **JSON), 422,
                      "invalid")  # fmt: skip
    assert "Đây là khóa riêng" in str(private["fields"]["jwk"])
    for sent in ({"kind": "jwk"}, {"kind": "secret", "jwk": public}, {"kind": "jwk", "jwk": public | {"kid": "a\0"}}):
        assert list(refused(ours.post(path_of(account), sent, **JSON), 422, "invalid")["fields"]) == ["jwk"]
    assert list(refused(ours.post(path_of(account), {"kind": "x"}, **JSON), 422, "invalid")["fields"]) == ["kind"]
    assert Credential.objects.count() == 1


def test_the_limits_of_the_page_hold(program, phuc, lan, at):
    account, ours = scenes.account(), program(phuc)
    past = refused(ours.post(path_of(account), {"kind": "secret", "valid_until": "2020-01-01"}, **JSON), 422, "invalid")
    assert list(past["fields"]) == ["valid_until"]
    for _ in range(3):
        done(ours.post(path_of(account), {"kind": "secret"}, **JSON), 201)
    refused(ours.post(path_of(account), {"kind": "secret"}, **JSON), 409, "rule_broken")
    move_account(actor=lan, at=at, account=account, transition="lock", reason="Kiểm tra")
    refused(ours.post(path_of(account), {"kind": "secret"}, **JSON), 403, "not_allowed")
