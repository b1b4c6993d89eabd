"""What pages ask of the database: never more than 15 questions, and no more among many cases than with one.

The case of each kind is the scene's; the many are copies of it, with everything that was written about it.
"""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import copies
import scenes
from all_cases import CASES, OF_A_MACHINE, put
from case_pages import LISTS, actor_of, lists_for
from nganam.cases import parties, seats
from nganam.site.context import may_open

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MOST, FEW, MANY = 15, 2, 35
CAST = ("lan", "phuc", "minh", "khanh")
OVER = {"sharing.breach": "cleared", "sharing.agreement": "draft", "catalogue.edition": "abandoned",
        "services.revision": "withdrawn", "agencies.focal_point": "replaced"}  # fmt: skip
"""Where the copies are when no two may be where the scene's case is."""


def signed_in(username):
    from django.contrib.auth import get_user_model

    client = Client()
    client.force_login(get_user_model().objects.get(username=username))
    return client


def asked(client, path):
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200, path
    return [one["sql"] for one in caught]


def told(queries):
    return "\n".join([f"{len(queries)} queries", *(one[:300] for one in queries)])


@pytest.fixture
def one_case(province, monkeypatch):
    """Return the function that builds the case of a kind about a service that was there before it."""
    service = scenes.published_service()
    monkeypatch.setattr(scenes, "published_service", lambda *_: type(service).objects.get(pk=service.pk))

    def build(code):
        return copies.taken(CASES[code]) if code != "services.service" else copies.taken(new_service)

    def new_service():
        return scenes.declared_service(scenes.loaded_table(code="bang-khac"))

    return build


def more(sample, code, count, first=0):
    """Write copies of a case; of its agency where each agency has one."""
    from nganam.agencies.models import Agency

    agency = Agency.objects.get(code="CT-SYT")

    def change(number):
        values = {(code, "state"): OVER[code]} if code in OVER else {}
        if code != "agencies.focal_point":
            return copies.Change(values=values)
        named = f"CT-{first + number}"
        other = Agency.objects.create(code=named, name=named, kind="department", valid_from=date(2025, 7, 1))
        return copies.Change(rows={(Agency, agency.pk): other.pk}, words={"CT-SYT": other.code})

    copies.many(sample, count, change=change, start=100_000 + first)


def pages_of(code, case):
    """Yield who may read which page of a kind, and the state the case is in when it is read."""
    for who in CAST:
        actor = actor_of(who)
        for path in lists_for(actor):
            if code in (LISTS[path] or ("sharing.request",)):
                yield who, path, case.state
        for state in case.MACHINE.states:
            seen = parties.conduct_of(code).listing(actor).filter(pk=put(case, state.name).pk).exists()
            if seen and may_open(case.get_absolute_url(), actor):
                yield who, case.get_absolute_url(), state.name


@OF_A_MACHINE
def test_no_page_asks_more_among_many_cases_and_none_more_than_fifteen(one_case, at, code):
    sample = one_case(code)
    case, began = sample.case, sample.case.state
    clients = {who: signed_in(who) for who in CAST}
    pages = list(pages_of(code, case))
    put(case, began)
    more(sample, code, FEW)
    before = costs(case, pages, clients, at)
    put(case, began)
    more(sample, code, MANY, first=FEW)
    after = costs(case, pages, clients, at)
    assert pages
    for page, queries in after.items():
        assert len(queries) <= min(MOST, len(before[page])), f"{page}: {len(before[page])}, then {told(queries)}"


def costs(case, pages, clients, at):
    found, state = {}, ""
    for page in sorted(pages, key=lambda one: one[2]):
        who, path, wanted = page
        if wanted != state:
            state = wanted
            seats.write(put(case, state), at=at)
        found[page] = asked(clients[who], path)
    return found
