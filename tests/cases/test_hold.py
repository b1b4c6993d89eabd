"""Rows are taken together and in one order, with those of the cases that move with them; files belong to their case."""

from dataclasses import replace

import pytest
from django.db import transaction

from nganam.audit import operations as audit
from nganam.audit.models import Head
from nganam.cases import holding, operations, papers, parties
from nganam.cases.operations import advance, hold, open_case
from nganam.documents.models import StoredFile
from nganam.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(probe, phuc, at):
    return [open_case(probe(note=note), actor=phuc, at=at) for note in ("một", "hai")]


@pytest.fixture
def declare(probe, monkeypatch):
    """Return the function that declares the probe with what it says."""
    monkeypatch.setattr(parties, "_declared", dict(parties._declared))
    machine = replace(
        probe.MACHINE, transitions=tuple(replace(one, role="system") for one in probe.MACHINE.transitions)
    )
    monkeypatch.setattr(probe, "MACHINE", machine)

    def declared(**more):
        parties.declare(
            machine, parties={}, find=lambda actor, code: probe.objects.get(code=code),
            listing=lambda actor: probe.objects.all(), word="probe_case", moves={}, **more,
        )  # fmt: skip

    return declared


def test_a_case_that_moves_with_none_is_held_by_itself(pair):
    assert holding.family([pair[0]]) == [pair[0]]
    with transaction.atomic():
        hold(*reversed(pair))


def test_a_deed_holds_the_cases_that_move_with_its_own_each_once(pair, declare, probe, at, monkeypatch):
    from nganam.kernel.actors import system

    first, second = pair
    declare(moved_with=lambda case: [None, first, second, probe()])
    assert {one.pk for one in holding.family([first])} == {first.pk, second.pk, None}
    taken = []
    monkeypatch.setattr(operations, "hold", lambda *held: taken.append(held) or holding.hold(*held))
    assert advance(first, "send", actor=system("worker"), at=at).state == "sent"
    opened = open_case(probe(), actor=system("worker"), at=at)
    assert taken == [(first,), (opened,)]


def test_a_case_that_joins_while_one_waits_is_held_with_the_others_in_their_order(pair, declare, monkeypatch):
    first, second = pair
    joined, taken = [], []
    declare(moved_with=lambda case: joined)
    take = holding._take

    def taking(wanted):
        taken.append({key for _, key in wanted})
        take(wanted)
        joined[:] = [first]  # somebody else's deed ends now

    monkeypatch.setattr(holding, "_others_write", lambda: True)
    monkeypatch.setattr(holding, "_take", taking)
    with transaction.atomic():
        hold(second)
    assert taken == [{second.pk}, {first.pk, second.pk}]


def test_whoever_wants_the_record_takes_its_head(pair):
    with transaction.atomic():
        audit.take_turn()
    assert Head.objects.get().seq == len(pair)


def test_a_case_has_the_files_its_machine_names_and_no_others(pair, declare, at):
    case = pair[0]
    stored = StoredFile.objects.create(
        sha256="a" * 64, size=1, name="x.pdf", media_type="application/pdf", stored_at=at, stored_by="lan"
    )
    assert papers.files_of(case) == []
    declare()
    assert papers.files_of(case) == []
    declare(files=lambda of: [("bản quét.pdf", stored)] if of == case else [])
    assert papers.files_of(case) == [("bản quét.pdf", stored)]
    assert papers.file_of(case, "a" * 64) == ("bản quét.pdf", stored)
    for of, digest in ((case, "b" * 64), (pair[1], "a" * 64)):
        with pytest.raises(NotFound):
            papers.file_of(of, digest)
