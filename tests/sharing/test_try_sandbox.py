"""Keys to the sandbox: at once, without a request, a few, for a month, shown once, and opening nothing else."""

from datetime import timedelta

import pytest

import scenes
from nganam.audit import queries as audit
from nganam.kernel.errors import NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp import queries as lgsp
from nganam.lgsp import sandbox_tokens, tokens
from nganam.lgsp.tokens import Proof, TokenRefused
from nganam.sharing.models import TestCredential
from nganam.sharing.sandbox import operations, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(province):
    return scenes.application()


def issued(application, phuc, at):
    return operations.issue_test_credential(application, actor=phuc, at=at)


def test_a_focal_officer_gets_a_key_at_once_and_its_secret_is_kept_nowhere(application, phuc, at):
    made, secret = issued(application, phuc, at)
    assert made.expires_at == at + timedelta(days=30)
    assert secret not in str(TestCredential.objects.values_list())
    entry = audit.entries(object_type="sharing.application", object_code=application.subject)[0]
    assert (entry.action, entry.details) == ("sharing.test_credential.issued", {"client_id": made.client_id})


def test_another_agency_gets_none(application, lan, minh, at):
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            operations.issue_test_credential(application, actor=actor, at=at)
    with pytest.raises(NotFound):
        queries.application_for(lan, application.code)


def test_an_application_has_three_at_most_and_ended_ones_do_not_count(application, phuc, at):
    for _ in range(operations.MOST_LIVE):
        made, _secret = issued(application, phuc, at)
    with pytest.raises(RuleBroken):
        issued(application, phuc, at)
    operations.revoke_test_credential(made, actor=phuc, at=at)
    issued(application, phuc, at)
    issued(application, phuc, at + timedelta(days=30))


def test_taking_and_giving_back_ends_after_a_few_in_a_day_and_the_list_of_denials_empties(application, phuc, at):
    other = scenes.application(code="KHAC")
    for one in (application, other):
        for _ in range(operations.MOST_A_DAY):
            made, _secret = issued(one, phuc, at)
            operations.revoke_test_credential(made, actor=phuc, at=at)
        with pytest.raises(RuleBroken, match="24 giờ"):
            issued(one, phuc, at + timedelta(hours=23))
    denied = lgsp.decided_denials(at + timedelta(seconds=1)).denied_clients
    assert len(denied) == 2 * operations.MOST_A_DAY
    assert lgsp.decided_denials(at + lgsp.DENIED_FOR).denied_clients == ()
    assert issued(application, phuc, at + timedelta(hours=25))


def test_all_applications_of_an_agency_together_get_so_many_in_a_day(application, phuc, at, monkeypatch):
    monkeypatch.setattr(operations, "MOST_OF_AGENCY_A_DAY", 3)
    for _ in range(2):
        issued(application, phuc, at)
    other = scenes.application(code="KHAC")
    issued(other, phuc, at)
    with pytest.raises(RuleBroken, match="Cơ quan đã nhận 3"):
        issued(other, phuc, at)


def test_it_is_revoked_once_by_its_agency_or_who_runs_the_lgsp_and_denied_at_once(application, phuc, lan, minh, at):
    made, secret = issued(application, phuc, at)
    with pytest.raises(NotFound):
        queries.get_credential_for(lan, made.client_id)
    with pytest.raises(NotAllowed):
        operations.revoke_test_credential(made, actor=lan, at=at)
    operations.revoke_test_credential(queries.get_credential_for(minh, made.client_id), actor=minh, at=at)
    with pytest.raises(StateMoved):
        operations.revoke_test_credential(made, actor=phuc, at=at)
    assert made.client_id in lgsp.decided_denials(at + timedelta(seconds=1)).denied_clients
    with pytest.raises(TokenRefused, match="thu hồi"):
        sandbox_tokens.issue_test_token(Proof(made.client_id, secret=secret), at=at)


def test_a_token_of_it_says_the_sandbox_and_ends_with_it(application, phuc, at):
    from joserfc import jwt
    from joserfc.jwk import ECKey, KeySet

    from nganam.lgsp import keys

    made, secret = issued(application, phuc, at)
    soon = made.expires_at - timedelta(seconds=40)
    token = sandbox_tokens.issue_test_token(Proof(made.client_id, secret=secret), at=soon)
    known = KeySet([ECKey.import_key(one) for one in keys.published_keys(soon)])
    claims = jwt.decode(token.text, known).claims
    assert (claims["aud"], claims["svc"], claims["sub"]) == ("lgsp-thu", ["thu-nghiem"], application.subject)
    assert claims["iss"] == f"{lgsp.issuer()}/thu-nghiem"
    assert not {"acc", "ops"} & set(claims)
    assert token.expires_in == 40
    with pytest.raises(TokenRefused, match="hết hạn"):
        sandbox_tokens.issue_test_token(Proof(made.client_id, secret=secret), at=made.expires_at)


def test_only_its_secret_proves_it_and_guessing_is_slowed(application, phuc, at):
    made, secret = issued(application, phuc, at)
    for wrong in (Proof(made.client_id, secret="x"), Proof(made.client_id, secret=secret, api_key=True),
                  Proof(made.client_id), Proof("THU.khong-co", secret=secret)):  # fmt: skip
        with pytest.raises(TokenRefused, match="không đúng"):
            sandbox_tokens.issue_test_token(wrong, at=at)
    for _ in range(tokens.MOST_FAILURES):
        with pytest.raises(TokenRefused):
            sandbox_tokens.issue_test_token(Proof(made.client_id, secret="x"), at=at)
    with pytest.raises(TokenRefused, match="thử lại"):
        sandbox_tokens.issue_test_token(Proof(made.client_id, secret=secret), at=at)


def test_the_token_endpoint_takes_it_and_the_page_shows_the_secret_once(application, client):
    assert client.login(username="phuc", password=scenes.PASSWORD)
    page = client.post("/ung-dung/thu-nghiem/", {"application": application.code})
    made, secret = page.context["issued"], page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"] or "no-cache" in page["Cache-Control"]
    assert secret not in client.get("/ung-dung/thu-nghiem/").content.decode()
    said = client.post("/oauth2/token", {
        "grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret,
    })  # fmt: skip
    assert said.status_code == 200, said.content
    assert said.json()["service_url"].endswith("/r1/VN-THU/")
    client.post(f"/ung-dung/thu-nghiem/{made.client_id}/thu-hoi/")
    again = client.post("/oauth2/token", {
        "grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret,
    })  # fmt: skip
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


def test_the_page_refuses_an_application_of_another_agency(application, client):
    assert client.login(username="lan", password=scenes.PASSWORD)
    assert client.post("/ung-dung/thu-nghiem/", {"application": application.code}).status_code == 404
