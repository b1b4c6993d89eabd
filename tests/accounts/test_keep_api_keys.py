"""An officer keeps their own API keys: shown once, limited in number and time, revoked by their holder only."""

import pytest

from nganam.accounts import keys
from nganam.accounts.models import ApiKey
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved

pytestmark = pytest.mark.django_db


def test_a_key_is_made_shown_once_and_revoked_on_the_page(province, client, phuc):
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(username="phuc"))
    page = client.post("/tai-khoan/khoa-api/", {"name": "Quản lý văn bản", "days": "90"})
    key = ApiKey.objects.get()
    assert f"Bearer {key.prefix}." in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    again = client.get("/tai-khoan/khoa-api/").content.decode()
    assert key.prefix in again
    assert f"{key.prefix}." not in again
    client.post(f"/tai-khoan/khoa-api/{key.prefix}/thu-hoi/")
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client.post("/tai-khoan/khoa-api/", {"name": "", "days": "9000"}).status_code == 422


def test_a_key_has_a_term_and_an_officer_so_many(province, phuc, at):
    for days in (0, 366):
        with pytest.raises(Invalid):
            keys.issue_api_key(actor=phuc, at=at, name="x", days=days)
    for _ in range(keys.MOST_LIVE):
        keys.issue_api_key(actor=phuc, at=at, name="x", days=1)
    with pytest.raises(RuleBroken):
        keys.issue_api_key(actor=phuc, at=at, name="x", days=1)


def test_nobody_keeps_anothers_key_and_a_visitor_none(province, phuc, lan, dung, at):
    key, _text = keys.issue_api_key(actor=phuc, at=at, name="x", days=1)
    with pytest.raises(NotFound):
        keys.revoke_api_key(actor=lan, at=at, prefix=key.prefix)
    with pytest.raises(NotAllowed):
        keys.issue_api_key(actor=dung, at=at, name="x", days=1)
    keys.revoke_api_key(actor=phuc, at=at, prefix=key.prefix)
    with pytest.raises(StateMoved):
        keys.revoke_api_key(actor=phuc, at=at, prefix=key.prefix)
