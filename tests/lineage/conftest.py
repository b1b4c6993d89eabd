"""A table read from a source whose headings are its own; used: served, called, granted to Phúc."""

from datetime import timedelta

import pytest

import scenes
from scenes_lineage import declared_source, read_source, table_of


@pytest.fixture
def source(province):
    return declared_source()


@pytest.fixture
def table(source):
    found = table_of(source)
    ended = read_source(found)
    assert ended.state == "committed", (ended.fault, ended.fault_params)
    return found


@pytest.fixture
def used(table):
    """The table is served, called by Phúc's application, asked about, and taken away as a file; the account."""
    from nganam.lgsp.models import Tally
    from nganam.lgsp.watching.tallying import start_of

    service = scenes.published_service(table)
    request = scenes.drafted_request(service)
    from nganam.sharing.accounts import operations as accounts
    from nganam.sharing.requests import operations as requests

    request = requests.send_request(actor=scenes.PHUC, at=scenes.AT, request=request)
    account = requests.grant_request(
        actor=scenes.LAN, at=scenes.AT, request=request, granted=["ma_co_so", "ten_co_so"], **scenes.WITHHELD
    )
    account = accounts.hand_over(actor=scenes.PHUC, at=scenes.AT, account=account)
    for days, calls in ((0, 7), (29, 5), (30, 1000)):
        Tally.objects.create(
            grain=Tally.Grain.DAY, starts_at=start_of(Tally.Grain.DAY, scenes.AT - timedelta(days=days)),
            provider="CT-SYT", service=service.code, consumer=account.subject, consumer_agency="CT-X31507",
            calls=calls, answered=calls,
        )  # fmt: skip
    return account
