"""The console's call, as far as it needs no gateway: whose token may be pasted."""

import json
from base64 import urlsafe_b64encode

import pytest

import scenes
from nganam.kernel.errors import Invalid
from nganam.lgsp.logbook import exchange_of
from nganam.lgsp.trying import Question, try_live


def pasted(**claims):
    return f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.eA"


@pytest.mark.django_db
def test_only_a_token_of_the_chosen_application_is_sent(province, at, settings):
    settings.NGANAM_GATEWAY_URL = "http://127.0.0.1:1"
    account = scenes.account()
    said = {"actor": scenes.PHUC, "at": at}
    for token in (pasted(sub="CT-KHAC/MOI"), pasted(), "abc", "a.b.c", "a.W10.c", "a.é.c".encode().hex()):
        with pytest.raises(Invalid) as refused:
            try_live(account.service, Question(), account.application, token=token, **said)
        assert refused.value.fields["token"]
    sent = try_live(account.service, Question(), account.application, token=pasted(sub=account.subject), **said)
    assert sent.trouble


def test_only_the_provinces_own_sandbox_is_counted_nowhere():
    said = {"at": "2026-11-24T01:00:00Z", "serviceXRoadInstance": "QG-THU", "serviceCode": "x"}
    assert exchange_of(0, json.dumps(said).encode()) is None
    assert exchange_of(0, json.dumps(said | {"platform": "NK-2026-0001"}).encode()) is not None
