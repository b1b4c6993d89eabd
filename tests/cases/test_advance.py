"""Opening and moving a case: what is written together, what is refused."""

from datetime import date, timedelta

import pytest

from nganam.audit.models import Entry
from nganam.audit.queries import verify_chain
from nganam.cases import queries, requirements
from nganam.cases.models import History
from nganam.cases.operations import advance, must_be_open, next_code, open_case
from nganam.deadlines.queries import clocks_of, open_clocks
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved
from nganam.kernel.machine import MachineError
from nganam.notices.models import OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(probe, phuc, at):
    return open_case(probe(note="y"), actor=phuc, at=at, details={"service": "DV-2026-0001"})


def test_opening_draws_a_code_and_writes_history_audit_and_event(case, at):
    assert (case.code, case.state, case.version, case.rules) == ("TH-2026-0001", "draft", 0, "2025-10-22")
    assert case.created_at == case.updated_at == at
    assert str(case) == "TH-2026-0001"
    assert (case.machine.code, case.current.vi, case.is_final) == ("probe.case", "Nháp", False)
    first = queries.history_of(case).get()
    assert (first.version, first.transition, first.from_state, first.to_state) == (0, "", "", "draft")
    assert str(first) == "TH-2026-0001 0 draft"
    entry = Entry.objects.get()
    assert (entry.action, entry.object_code) == ("probe.case.opened", "TH-2026-0001")
    assert entry.details["service"] == "DV-2026-0001"
    assert OutboxEvent.objects.get().event == "probe.case.opened"


def test_a_case_keeps_the_rule_set_it_was_given(probe, phuc, at):
    assert open_case(probe(rules="2020-05-25"), actor=phuc, at=at).rules == "2020-05-25"


def test_codes_run_on_within_the_vietnamese_year_and_start_again_with_the_next(at):
    assert [next_code("YC", at), next_code("YC", at), next_code("DV", at)] == [
        "YC-2026-0001", "YC-2026-0002", "DV-2026-0001",
    ]  # fmt: skip
    assert next_code("YC", at.replace(month=12, day=31, hour=16)) == "YC-2026-0003"
    assert next_code("YC", at.replace(month=12, day=31, hour=17)) == "YC-2027-0001"


def test_where_a_case_came_from_is_kept_over_moves_that_stay(case, phuc, at):
    assert queries.came_from(case) == ""
    sent = advance(case, "send", actor=phuc, at=at)
    assert queries.came_from(sent) == "draft"
    assert queries.came_from(advance(sent, "again", actor=phuc, at=at)) == "draft"
    assert queries.came_from(advance(sent, "drop", actor=phuc, at=at)) == "sent"


@pytest.mark.law("D35.3")
def test_a_move_writes_state_history_clock_audit_and_event_together(case, phuc, at):
    later = at + timedelta(minutes=5)
    moved = advance(
        case, "send", actor=phuc, at=later, changes={"note": "mới", "received_at": later}, details={"x": 1},
        clock_agency="CT-SYT",
    )  # fmt: skip
    assert moved is case
    assert (moved.state, moved.version, moved.note, moved.received_at) == ("sent", 1, "mới", later)
    assert (moved.created_at, moved.updated_at) == (at, later)
    step = queries.last_move(moved)
    assert (step.version, step.transition, step.from_state, step.to_state) == (1, "send", "draft", "sent")
    assert (step.actor_code, step.agency, step.at, step.rules) == ("phuc", "CT-X31507", later, moved.rules)
    clock = clocks_of("probe.case", moved.code).get()
    assert (clock.key, clock.agency, clock.rules, clock.is_running) == ("acct_issue", "CT-SYT", moved.rules, True)
    assert Entry.objects.last().details | {"from": "draft", "to": "sent", "x": 1} == Entry.objects.last().details
    event = OutboxEvent.objects.last()
    assert (event.event, event.payload["by"], event.payload["version"]) == ("probe.case.send", "phuc", 1)


def test_the_clock_runs_for_the_actors_agency_unless_told_otherwise(case, phuc, at):
    advance(case, "send", actor=phuc, at=at)
    assert open_clocks("CT-X31507").count() == 1


@pytest.mark.law("D35.3")
def test_the_clock_follows_the_rule_set_of_the_case(probe, phuc, at):
    old, new = (
        advance(open_case(probe(rules=rules), actor=phuc, at=at), "send", actor=phuc, at=at)
        for rules in ("2020-05-25", "2025-08-19")
    )
    assert clocks_of("probe.case", old.code).get().due_on == date(2026, 11, 10)
    assert clocks_of("probe.case", new.code).get().due_on == date(2026, 11, 5)


def test_asking_for_more_papers_does_not_start_the_clock_again(case, phuc, at):
    advance(case, "send", actor=phuc, at=at)
    before = clocks_of("probe.case", case.code).get()
    advance(case, "again", actor=phuc, at=at + timedelta(days=3))
    after = clocks_of("probe.case", case.code).get()
    assert (before.pk, before.due_on) == (after.pk, after.due_on)


def test_a_clock_stops_when_the_deed_is_done(case, phuc, lan, at):
    advance(case, "send", actor=phuc, at=at)
    advance(case, "grant", actor=lan, at=at + timedelta(days=1))
    assert case.is_final
    assert clocks_of("probe.case", case.code).get().stopped_at == at + timedelta(days=1)


def test_a_case_that_ends_leaves_no_clock_running_even_where_its_table_forgot(case, phuc, at):
    advance(case, "send", actor=phuc, at=at)
    advance(case, "drop", actor=phuc, at=at)
    assert not open_clocks().exists()


@pytest.mark.law("D35.3")
def test_a_refusal_without_what_it_needs_is_refused_field_by_field(case, phuc, lan, at):
    advance(case, "send", actor=phuc, at=at)
    with pytest.raises(Invalid) as refused:
        advance(case, "refuse", actor=lan, at=at, reason="  ", changes={"note": ""})
    assert refused.value.fields.keys() == {"reason", "legal_basis", "paper", "note"}
    assert "D35.3" in refused.value.message
    case.refresh_from_db()
    assert (case.state, History.objects.count()) == ("sent", 2)
    done = advance(
        case, "refuse", actor=lan, at=at, reason="Sai mục đích", legal_basis="Điều 6", paper="VB-2026-0001",
        changes={"note": "đã báo"},
    )  # fmt: skip
    last = queries.last_move(done)
    assert (last.reason, last.legal_basis, last.paper) == ("Sai mục đích", "Điều 6", "VB-2026-0001")


def test_a_step_from_another_state_says_where_the_case_is_and_who_moved_it(case, phuc, lan, at):
    advance(case, "send", actor=phuc, at=at)
    with pytest.raises(StateMoved) as refused:
        advance(case, "send", actor=lan, at=at)
    assert (refused.value.state, refused.value.by, refused.value.at) == ("sent", "Thạch Phúc", at)
    assert "09:00 03/11/2026" in refused.value.message
    assert "Đã gửi" in refused.value.message


def test_nothing_leaves_a_final_state(case, phuc, lan, at):
    advance(case, "send", actor=phuc, at=at)
    advance(case, "grant", actor=lan, at=at)
    for step in case.machine.transitions:
        with pytest.raises(StateMoved):
            advance(case, step.name, actor=lan, at=at, reason="x", legal_basis="x", paper="x")


def test_a_stale_copy_loses_and_learns_who_won(case, probe, phuc, lan, at):
    mine, theirs = probe.objects.get(), probe.objects.get()
    advance(theirs, "send", actor=lan, at=at)
    with pytest.raises(StateMoved) as refused:
        advance(mine, "send", actor=phuc, at=at)
    assert refused.value.by == "Nguyễn Thị Lan"
    assert (mine.state, mine.version) == ("sent", 1)
    assert History.objects.filter(transition="send").count() == 1


def test_before_slow_work_one_asks_whether_the_move_is_still_open(case, probe, phuc, lan, at):
    must_be_open(case, "send")
    with pytest.raises(StateMoved, match="Nháp"):
        must_be_open(case, "grant")
    advance(probe.objects.get(), "send", actor=lan, at=at)
    with pytest.raises(StateMoved) as refused:
        must_be_open(case, "send")
    assert refused.value.by == "Nguyễn Thị Lan"
    assert (case.state, case.version) == ("sent", 1)
    must_be_open(case, "grant")


def test_a_case_moved_back_to_its_state_is_not_the_one_that_was_seen(case, probe, phuc, at):
    advance(case, "send", actor=phuc, at=at)
    advance(probe.objects.get(), "again", actor=phuc, at=at)
    with pytest.raises(StateMoved):
        must_be_open(case, "grant")
    assert (case.state, case.version) == ("sent", 2)


def test_who_opened_a_case_is_known_whoever_moved_it_later(case, probe, phuc, lan, at):
    advance(case, "send", actor=phuc, at=at)
    advance(case, "grant", actor=lan, at=at)
    assert probe.objects.get().opened_by == "phuc"
    assert probe(code="TH-2026-0099").opened_by == ""


def test_a_form_seen_before_the_last_move_is_refused_by_its_version(case, phuc, at):
    advance(case, "send", actor=phuc, at=at, version=0)
    with pytest.raises(StateMoved):
        advance(case, "again", actor=phuc, at=at, version=0)
    assert advance(case, "again", actor=phuc, at=at, version=1).version == 2


def test_a_case_that_was_put_there_by_hand_has_no_one_to_name(probe, phuc, at):
    made = probe.objects.create(code="TH-2026-0099", state="granted", rules="2020-05-25", created_at=at, updated_at=at)
    with pytest.raises(StateMoved) as refused:
        advance(made, "send", actor=phuc, at=at)
    assert (refused.value.by, refused.value.at) == ("", None)


def test_a_step_the_machine_does_not_have_and_a_field_of_the_case_itself_are_programming_errors(case, phuc, at):
    with pytest.raises(MachineError):
        advance(case, "fly", actor=phuc, at=at)
    with pytest.raises(ValueError, match="state"):
        advance(case, "send", actor=phuc, at=at, changes={"state": "granted"})


def test_a_move_that_fails_half_way_leaves_nothing(case, phuc, at, monkeypatch):
    monkeypatch.setattr("nganam.notices.operations.announce", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        advance(case, "send", actor=phuc, at=at)
    fresh = type(case).objects.get()
    assert (fresh.state, fresh.version, History.objects.count(), Entry.objects.count()) == ("draft", 0, 1, 1)
    assert not open_clocks().exists()
    assert verify_chain().ok


def test_machines_and_pages_of_real_rooms_are_found_by_their_code(case, probe, monkeypatch):
    monkeypatch.setattr("django.apps.registry.Apps.get_models", lambda *_args, **_more: [probe, History])
    assert queries.case_models() == {"probe.case": probe}
    assert queries.machines() == (probe.MACHINE,)
    assert queries.link_to("probe.case", case.code) == f"/thu/{case.code}/"
    assert queries.link_to("probe.case", "TH-2026-9999") == ""
    assert queries.link_to("other.case", case.code) == ""
    monkeypatch.delattr(probe, "get_absolute_url")
    assert queries.link_to("probe.case", case.code) == ""


def test_what_every_deed_asks_first():
    requirements.allow("")
    with pytest.raises(NotAllowed, match="Không phải của bạn"):
        requirements.allow("Không phải của bạn")


@pytest.mark.law("D35.2")
def test_a_form_with_gaps_names_each_gap_and_its_article():
    with pytest.raises(Invalid) as refused:
        requirements.refuse_incomplete("sharing.request", {}, rules_version="2020-05-25", message="Thiếu")
    assert all("D35.2" in texts[0] for texts in refused.value.fields.values())
    full = dict.fromkeys(refused.value.fields, "x")
    requirements.refuse_incomplete("sharing.request", full, rules_version="2020-05-25", message="Thiếu")
