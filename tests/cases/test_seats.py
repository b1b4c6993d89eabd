"""On whose desk a case lies, and whose step is next: written with every move, and anew on demand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from nganam.audit import operations as audit
from nganam.audit import registry
from nganam.cases import parties, queries, seats
from nganam.cases.models import Seat, Turn, Urge
from nganam.cases.operations import advance, edit, open_case
from nganam.cases.party_names import name_of
from nganam.cases.reminders import remind
from nganam.cases.story import story_of
from nganam.cases.tasks import set_seats_right
from nganam.cases.templatetags.case_labels import addressee, may_urge, party_name, tone_of
from nganam.kernel.actors import VISITOR, Role
from nganam.kernel.machine import State

pytestmark = pytest.mark.django_db
registry.register(registry.Action("probe.case.edited", "Sửa nháp", "Edited a draft"))


@pytest.fixture
def conduct(probe, monkeypatch):
    """Declare the probe: Lan's agency provides, Phúc's consumes, the lead agency may do what the provider may."""
    monkeypatch.setattr(parties, "_declared", {})
    states = (*(one for one in probe.MACHINE.states if one.name != "draft"), State("draft", "Nháp", "Draft"))
    steps = tuple(replace(one, side=one.name in {"drop", "again"}) for one in probe.MACHINE.transitions)
    machine = replace(probe.MACHINE, states=states, transitions=steps)
    monkeypatch.setattr(probe, "MACHINE", machine)

    def listing(actor):
        rows = probe.objects.all()
        if actor.has(Role.LEAD) or actor.agency == "CT-SYT":
            return rows.exclude(state="draft")
        return rows if actor.agency == "CT-X31507" else rows.none()

    def declare(agencies=lambda case, day: ["CT-SYT", "CT-X31507"], done=None):
        def provider(actor, case):
            return "" if actor.agency == "CT-SYT" or actor.has(Role.LEAD) else "Không."

        def consumer(actor, case):
            return "" if actor.agency == "CT-X31507" else "Không."

        parties.declare(
            machine, parties={"provider": provider, "consumer": consumer}, done=done, find=lambda actor, code: None,
            listing=listing, word="case", agencies=agencies,
            moves={one.name: lambda **given: None for one in machine.transitions},
        )  # fmt: skip

    return declare


def shown(case):
    rows = Seat.objects.filter(object_code=case.code).order_by("-agency", "role")
    return [(one.agency or one.role, one.step) for one in rows]


def test_a_case_lies_with_those_who_see_it_and_waits_for_the_agency_that_can_go_on(conduct, probe, lan, phuc, at):
    conduct()
    case = open_case(probe(), actor=phuc, at=at)
    assert shown(case) == [("CT-X31507", "send")]
    case = advance(case, "send", actor=phuc, at=at)
    # The lead agency could grant too: it does so in the provider's stead, and is not waited for.
    assert shown(case) == [("CT-X31507", ""), ("CT-SYT", "grant"), ("lead", "")]
    seat = Seat.objects.get(agency="CT-SYT")
    assert (str(seat), seat.parties, seat.state, seat.link) == (
        f"{case.code} CT-SYT", "|provider|", "sent", f"/thu/{case.code}/",
    )  # fmt: skip
    assert str(Seat.objects.get(agency="")) == f"{case.code} lead"
    case = advance(case, "grant", actor=lan, at=at)
    assert shown(case) == [("CT-X31507", ""), ("CT-SYT", ""), ("lead", "")]
    assert set(Seat.objects.values_list("turn", flat=True)) == {Turn.NOBODYS}


def test_a_step_every_side_makes_for_itself_waits_for_those_who_have_not(conduct, probe, phuc, at):
    conduct(done={"send": lambda actor, case: actor.agency == "CT-X31507"})
    assert shown(open_case(probe(), actor=phuc, at=at)) == [("CT-X31507", "")]


def test_what_was_delegated_waits_for_both(conduct, probe, phuc, at, monkeypatch):
    monkeypatch.setattr(seats, "DELEGATED", frozenset({"provider"}))
    conduct()
    case = advance(open_case(probe(), actor=phuc, at=at), "send", actor=phuc, at=at)
    assert shown(case)[1:] == [("CT-SYT", "grant"), ("lead", "grant")]


def test_agencies_are_those_the_case_names_when_the_room_says_nothing(conduct, probe, phuc, at, monkeypatch):
    conduct(agencies=None)
    agency = type("Agency", (), {"code": "CT-SYT"})()
    monkeypatch.setattr(probe, "provider", agency, raising=False)
    case = open_case(probe(), actor=phuc, at=at)
    assert parties.conduct_of("probe.case").agencies_of(case, date(2026, 11, 2)) == {"CT-SYT"}
    assert shown(case) == []


def test_an_edit_writes_the_title_anew(conduct, probe, phuc, at, monkeypatch):
    monkeypatch.setattr(probe, "__str__", lambda self: f"{self.code} {self.note}")
    conduct()
    case = open_case(probe(note="một"), actor=phuc, at=at)
    assert Seat.objects.get().title == "một"
    edit(case, actor=phuc, at=at, changes={"note": "hai"}, states=("draft",), version=None)
    assert Seat.objects.get().title == "hai"


def test_a_rebuild_writes_what_lacks_and_drops_what_is_no_more(conduct, probe, phuc, at, monkeypatch):
    conduct()
    cases = [open_case(probe(), actor=phuc, at=at) for _each in range(3)]
    monkeypatch.setattr(seats, "BATCH", 2)
    monkeypatch.setattr(seats, "case_models", lambda: {"probe.case": probe})
    Seat.objects.filter(object_code=cases[0].code).delete()
    values = {"object_type": "probe.case", "state": "x", "opened_at": at, "since": at}
    Seat.objects.create(object_code=cases[1].code, agency="CT-STC", role="focal", **values)
    assert [seats.rebuild(["other.case"], at=at), seats.rebuild(["probe.case"], at=at)] == [0, 3]
    assert set_seats_right.call() == 3
    assert [shown(case) for case in cases] == [[("CT-X31507", "send")]] * 3


def test_a_kind_nobody_declared_has_no_seats(probe, phuc, at):
    seats.write(open_case(probe(), actor=phuc, at=at), at=at)
    assert not Seat.objects.exists()


def test_an_urge_names_its_case_and_day(at):
    assert str(Urge(object_code="TH-1", on=at.date())) == "TH-1 03/11/2026"


def test_parties_and_those_addressed_are_named(lan, minh, khanh):
    assert (party_name("lead"), name_of("x").vi) == ("Cơ quan đầu mối cấp tỉnh", "x")
    assert addressee("chairman", {}) == "Chủ tịch UBND"
    assert addressee("CT-SYT", {"CT-SYT": "Sở Y tế"}) == "Sở Y tế"
    assert addressee("CT-SYT", None) == "CT-SYT"
    assert [may_urge(one) for one in (lan, minh, khanh, VISITOR)] == [False, True, True, False]
    assert tone_of("refused") == "bad"


def test_the_story_names_what_an_edit_changed_and_what_was_told_of_a_term(probe, phuc, at):
    case = open_case(probe(rules="2025-08-19"), actor=phuc, at=at)
    edit(case, actor=phuc, at=at, changes={"note": "x"}, states=("draft",), version=None)
    audit.record(
        actor=phuc, at=at, action="probe.case.edited", object_type="probe.case", object_code=case.code,
        details={"changed": ["no_such_field"]},
    )  # fmt: skip
    case = advance(case, "send", actor=phuc, at=at + timedelta(hours=1), clock_agency="CT-SYT")
    remind(at=at + timedelta(days=1))
    remind(at=at + timedelta(days=6))
    story = story_of(case)
    assert [one.title for one in story] == [
        "Lập hồ sơ", "Sửa nháp", "Sửa nháp", "Gửi",
        "Nhắc sắp hết hạn: Cấp tài khoản kết nối hoặc từ chối, đến hết 05/11/2026",
        "Báo quá hạn: Cấp tài khoản kết nối hoặc từ chối, hạn cuối 05/11/2026",
    ]  # fmt: skip
    assert [one.changed for one in story[1:3]] == ["note", ""]
    assert (story[4].to, story[4].article) == ("CT-SYT", "N194.40.3")


def test_what_changes_by_time_is_written_when_it_is_told(conduct, probe, phuc, at, monkeypatch):
    conduct()
    for room in (seats, queries):
        monkeypatch.setattr(room, "case_models", lambda: {"probe.case": probe})
    case = advance(open_case(probe(rules="2025-08-19"), actor=phuc, at=at), "send", actor=phuc, at=at)
    Seat.objects.all().delete()
    remind(at=at + timedelta(days=1))
    assert not Seat.objects.exists()
    remind(at=at + timedelta(days=6))
    assert ("CT-SYT", "grant") in shown(case)
    for kind, code in (("probe.case", "TH-0"), ("x", "y")):
        seats.write_of(kind, code, at=at)
    assert Seat.objects.values("object_code").distinct().count() == 1
