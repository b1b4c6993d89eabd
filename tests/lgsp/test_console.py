"""The console's call, as far as it needs no gateway: whose token may be pasted."""

import json
from base64 import urlsafe_b64encode

import pytest

import scenes
from nganam.kernel.errors import Invalid
from nganam.lgsp.logbook import exchange_of
from nganam.lgsp.proving import collector_status
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


def test_the_platform_is_in_trouble_when_it_stops_or_soon_will_and_not_for_a_retry(tmp_path, settings, at):
    settings.DATA = tmp_path
    (tmp_path / "evidence").mkdir()
    well = {"at": at.timestamp(), "size": 5, "free": 10_000, "must_be_free": 100, "refusing": False}

    def told(**more):
        (tmp_path / "evidence" / "status.json").write_text(json.dumps(well | more))
        return collector_status(at)

    assert (told().trouble, told().stops) == ("", "")
    for minor in ({"stamping": "chậm"}, {"error": "OSError", "free": 0}):
        assert told(**minor).trouble
        assert not told(**minor).stops
    for stops in ({"free": 399}, {"refusing": True}, {"at": at.timestamp() - 60}):
        assert told(**stops).stops == told(**stops).trouble != ""
