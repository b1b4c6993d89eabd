"""A machine's conduct: who its parties are, what its guards ask, which deed is behind a move."""

from dataclasses import replace

import pytest
from django.http import QueryDict

from nganam.audit import operations as audit
from nganam.audit.registry import Action, register
from nganam.cases import forms, parties
from nganam.cases.models import History, Submission
from nganam.cases.operations import advance, open_case
from nganam.cases.story import story_of
from nganam.kernel.actors import Role, system
from nganam.kernel.errors import NotAllowed, NotFound, RuleBroken
from nganam.kernel.machine import Guard

pytestmark = pytest.mark.django_db
register(Action("probe.case.noted", "Ghi chú", "Noted"))


def is_focal_of(agency):
    return lambda actor, case: "" if actor.has(Role.FOCAL) and actor.agency == agency else f"Chỉ {agency}."


@pytest.fixture
def conduct(probe, monkeypatch):
    """Declare the probe: Lan provides, Phúc asks; a grant needs a note, and is also the lead agency's to make."""
    machine = probe.MACHINE
    moves = {
        **{one.name: one for one in machine.transitions},
        "grant": replace(machine.transition("grant"), role="provider/lead", guards=("noted",)),
        "drop": replace(machine.transition("drop"), role="system"),
    }
    guarded = replace(
        machine, transitions=tuple(moves.values()), guards=(Guard("noted", "Có ghi chú", "Has a note", "D35.3"),)
    )
    monkeypatch.setattr(probe, "MACHINE", guarded)
    monkeypatch.setattr(parties, "_declared", dict(parties._declared))

    def find(actor, code):
        found = probe.objects.filter(code=code).first()
        if found is None or not actor.is_person:
            raise NotFound("Không có.")
        return found

    def make(transition):
        return lambda *, actor, at, probe_case, **inputs: advance(probe_case, transition, actor=actor, at=at, **inputs)

    words = {
        "parties": {
            "provider": is_focal_of("CT-SYT"), "consumer": is_focal_of("CT-X31507"),
            "lead": lambda actor, case: "" if actor.has(Role.LEAD) else "Chỉ đầu mối tỉnh.",
        },
        "guards": {"noted": lambda case, actor, at: "" if case.note else "Chưa có ghi chú."},
        "find": find, "listing": lambda actor: probe.objects.all(), "word": "probe_case",
        "moves": {name: make(name) for name in ("send", "again", "grant", "refuse")},
    }  # fmt: skip
    parties.declare(guarded, **words)
    return guarded, words


@pytest.fixture
def sent(conduct, probe, phuc, at):
    return advance(open_case(probe(), actor=phuc, at=at), "send", actor=phuc, at=at)


def test_only_a_party_moves_a_case_whatever_door_it_comes_by(sent, lan, phuc, hoa, at):
    for actor in (phuc, hoa, system("worker")):
        with pytest.raises(NotAllowed):
            advance(sent, "grant", actor=actor, at=at)
    sent.note = "có"
    sent.save()
    assert advance(sent, "grant", actor=lan, at=at).state == "granted"


def test_either_of_two_parties_may(sent, minh, at, probe):
    probe.objects.update(note="có")
    sent.refresh_from_db()
    assert advance(sent, "grant", actor=minh, at=at).state == "granted"


def test_a_guard_that_does_not_hold_refuses_with_its_article(sent, lan, at):
    with pytest.raises(RuleBroken) as refused:
        advance(sent, "grant", actor=lan, at=at)
    assert (refused.value.message, refused.value.article) == ("Chưa có ghi chú.", "D35.3")
    step = sent.MACHINE.transition("grant")
    assert parties.unmet(lan, sent, step, at) == [("D35.3", "Chưa có ghi chú.")]


def test_the_systems_move_is_the_systems_only(sent, lan, phuc, at):
    with pytest.raises(NotAllowed, match="Hệ thống"):
        advance(sent, "drop", actor=phuc, at=at)
    with pytest.raises(NotAllowed):
        parties.move(phuc, sent, "drop", at=at, inputs={})
    with pytest.raises(NotAllowed):
        parties.move(system("x"), sent, "drop", at=at, inputs={})
    assert advance(sent, "drop", actor=system("x"), at=at).state == "refused"


def test_a_move_is_made_by_the_deed_behind_it(sent, lan, at):
    words = {"reason": "Lý do", "legal_basis": "Điều 1", "paper": "1/CV"}
    with pytest.raises(Exception, match="thiếu"):
        parties.move(lan, sent, "refuse", at=at, inputs=words)
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_steps_are_those_of_the_actor(sent, lan, minh, phuc, hoa):
    def names(actor):
        return [one.name for one in parties.steps_for(actor, sent)]

    assert names(lan) == ["grant", "refuse"]
    assert names(minh) == ["grant"]
    assert names(phuc) == ["again"]
    assert names(hoa) == []


def test_a_case_is_found_by_its_kind_and_code_by_those_it_is_for(sent, lan, dung):
    assert parties.find_for(lan, "probe.case", sent.code) == sent
    for actor, kind, code in ((dung, "probe.case", sent.code), (lan, "no.such", sent.code), (lan, "probe.case", "X")):
        with pytest.raises(NotFound):
            parties.find_for(actor, kind, code)
    assert "probe.case" in [one.machine.code for one in parties.declared()]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parties": {}}, "parties"),
        ({"guards": {}}, "guards"),
        ({"moves": {}}, "moves"),
        ({"forms": {"drop": forms.StepForm}}, "forms"),
    ],
)
def test_a_conduct_that_disagrees_with_its_table_is_a_mistake_of_programming(conduct, change, said):
    machine, words = conduct
    with pytest.raises(ValueError, match=said):
        parties.declare(machine, **(words | change))


def test_what_no_room_conducts_is_moved_by_whom_its_own_operations_let(probe, hoa, at):
    case = open_case(probe(), actor=hoa, at=at)
    assert [one.name for one in parties.steps_for(hoa, case)] == ["send", "drop"]
    assert advance(case, "send", actor=hoa, at=at).state == "sent"
    assert parties.unmet(hoa, case, probe.MACHINE.transition("grant"), at) == []


# -- forms --


def test_a_step_asks_for_what_the_table_needs_and_remembers_the_version(sent):
    form = forms.form_for(sent, "refuse")
    assert list(form.fields) == ["version", "reason", "legal_basis", "paper"]
    assert form.initial["version"] == sent.version
    assert form["reason"].auto_id == "refuse-reason"
    bound = forms.form_for(sent, "refuse", QueryDict("version=1&reason=a&legal_basis=b&paper=c"))
    assert bound.is_valid()
    assert bound.inputs() == {"version": 1, "reason": "a", "legal_basis": "b", "paper": "c"}
    assert forms.form_for(sent, "again", QueryDict("")).is_valid()


def test_a_form_of_the_familys_own_takes_the_place(conduct, sent, lan, at):
    class Own(forms.StepForm):
        def __init__(self, *args, case, **kwargs):
            super().__init__(*args, step=case.MACHINE.transition("refuse"), case=case, **kwargs)

    machine, words = conduct
    parties.declare(machine, **words, forms={"refuse": Own})
    offered = {one.step.name: one for one in forms.offers(lan, sent, at, "/thu/%s/")}
    assert isinstance(offered["refuse"].form, Own)
    assert (offered["refuse"].action, offered["refuse"].tone, offered["grant"].tone) == (
        "/thu/refuse/", "danger", "primary",
    )  # fmt: skip
    assert offered["grant"].unmet == [("D35.3", "Chưa có ghi chú.")]
    assert [one.step.name for one in forms.offers(lan, sent, at, "%s", without=("grant",))] == ["refuse"]


def test_a_refused_form_keeps_its_place_and_a_stray_one_is_still_shown(sent, lan, phuc, at):
    tried = forms.form_for(sent, "refuse", QueryDict(""))
    assert not tried.is_valid()
    offered = forms.offers(lan, sent, at, "%s", tried=tried)
    assert [one.form for one in offered if one.step.name == "refuse"] == [tried]
    assert forms.stray(offered, tried) is None
    assert forms.stray(forms.offers(phuc, sent, at, "%s"), tried) is tried
    assert forms.stray([], None) is None


def test_a_step_may_be_asked_about_without_a_case(probe):
    assert "version" not in forms.StepForm(step=probe.MACHINE.transition("send")).initial


def test_an_opening_form_carries_a_key_of_its_own():
    assert forms.OpeningForm().initial["once"] != forms.OpeningForm().initial["once"]


# -- once --


def test_a_form_sent_twice_opens_one_case(probe, phuc, lan, at):
    first = open_case(probe(), actor=phuc, at=at, once="k1")
    assert open_case(probe(), actor=phuc, at=at, once="k1") == first
    others = [open_case(probe(), actor=actor, at=at, once=key) for actor, key in ((phuc, "k2"), (lan, "k1"))]
    assert len({first.code, *(one.code for one in others)}) == 3
    assert probe.objects.count() == 3
    assert str(Submission.objects.get(key="phuc:k1")) == f"phuc:k1 {first.code}"


# -- story --


def test_the_story_tells_moves_and_deeds_in_order(sent, lan, phuc, at):
    audit.record(
        actor=lan, at=at, action="probe.case.noted", object_type="probe.case", object_code=sent.code,
        details={"reason": "Nhắc", "number": "3/CV"},
    )  # fmt: skip
    story = story_of(sent)
    assert [(one.title, one.state) for one in story] == [("Lập hồ sơ", "draft"), ("Gửi", "sent"), ("Ghi chú", "")]
    assert (story[2].who, story[2].reason, story[2].paper) == (lan.name, "Nhắc", "3/CV")
    assert (story[1].article, story[1].agency) == ("D35.1", phuc.agency)


def test_a_move_the_table_no_longer_has_keeps_its_name(sent):
    History.objects.filter(transition="send").update(transition="gone")
    assert [one.title for one in story_of(sent)] == ["Lập hồ sơ", "gone"]


def test_the_story_is_told_in_english_too(sent):
    from django.utils import translation

    with translation.override("en"):
        assert story_of(sent)[1].title == "Send"


def test_a_title_is_what_stands_beside_the_code(sent):
    assert sent.title == ""
