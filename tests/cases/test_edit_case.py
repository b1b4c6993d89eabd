"""A case is edited where it stands: as the actor saw it, or not at all; what a page shows of it is read once."""

from datetime import date

import pytest
from django.http import QueryDict

from nganam.agencies.models import Agency
from nganam.audit.registry import Action, register
from nganam.cases import forms, words
from nganam.cases.operations import advance, edit, open_case
from nganam.cases.queries import last_touch
from nganam.cases.story import record_of, story_of
from nganam.deadlines.terms import due_on, until
from nganam.documents.operations import register_paper
from nganam.kernel.errors import StateMoved
from nganam.kernel.workdays import Calendar

pytestmark = pytest.mark.django_db
register(Action("probe.case.edited", "Sửa nháp", "Edited a draft"))


@pytest.fixture
def draft(probe, phuc, at):
    return open_case(probe(note="a"), actor=phuc, at=at)


def test_an_edit_is_recorded_and_counts_as_a_version(draft, lan, at):
    edited = edit(draft, actor=lan, at=at, changes={"note": "b"}, states=("draft",), version=0)
    assert (edited.note, edited.version, edited.state) == ("b", 1, "draft")
    assert last_touch(edited) == (lan.name, at)
    assert [one.title for one in story_of(edited)] == ["Lập hồ sơ", "Sửa nháp"]


@pytest.mark.parametrize(("states", "version"), [(("draft",), 7), (("sent",), None)])
def test_an_edit_of_what_has_moved_on_is_refused_and_says_who_was_first(draft, lan, phuc, at, states, version):
    with pytest.raises(StateMoved, match="Thạch Phúc đã làm việc đó lúc 09:00 03/11/2026") as refused:
        edit(draft, actor=lan, at=at, changes={"note": "b"}, states=states, version=version)
    assert (refused.value.by, refused.value.at) == (phuc.name, at)
    draft.refresh_from_db()
    assert (draft.note, draft.version) == ("a", 0)


def test_an_edit_of_what_nobody_recorded_is_refused_all_the_same(probe, lan, at):
    strange = probe(code="TH-0", state="draft", rules="2025-10-22", created_at=at, updated_at=at)
    strange.save()
    assert last_touch(strange) == ("", None)
    with pytest.raises(StateMoved) as refused:
        edit(strange, actor=lan, at=at, changes={"note": "b"}, states=("sent",), version=None)
    assert refused.value.by == ""


def test_what_belongs_to_the_case_itself_is_no_edit(draft, lan, at):
    with pytest.raises(ValueError, match="state"):
        edit(draft, actor=lan, at=at, changes={"state": "sent"}, states=("draft",), version=None)


def test_a_form_that_changes_a_draft_remembers_what_it_was_filled_from(draft):
    class Draft(forms.OpeningForm):
        instance = draft

    assert Draft().initial["version"] == 0
    bound = Draft(QueryDict("once=k&version=3"))
    assert bound.is_valid()
    assert (bound.key, bound.seen) == ("k", 3)


@pytest.mark.usefixtures("province")
def test_a_page_shows_papers_clocks_and_story(draft, phuc, lan, at):
    sent = advance(draft, "send", actor=phuc, at=at, clock_agency="CT-SYT")
    assert Agency.objects.exists()
    paper = register_paper(
        actor=lan, at=at, kind="CV", number="15/SYT", signed_on=date(2026, 11, 3), agency="CT-SYT", title="Trả lời",
        object_type="probe.case", object_code=sent.code,
    )  # fmt: skip
    record = record_of(sent)
    assert record["papers"] == [paper]
    assert [clock.key for clock in record["clocks"]] == ["acct_issue"]
    assert "Ban hành công văn 15/SYT" in [event.title for event in record["story"]]


def test_the_words_of_notices_are_those_of_the_tables():
    assert ("Đã gửi", "Sent") in list(words.of_machines())
    assert ("Cấp tài khoản kết nối hoặc từ chối", "Issue the connection account or refuse") in list(words.of_terms())


def test_a_term_set_for_one_case_ends_with_its_day():
    length = until(date(2026, 11, 20), article="nội bộ", vi="Nộp báo cáo", en="Report")
    calendar = Calendar(days_off=frozenset(), working_weekends=frozenset())
    assert length.is_local
    assert due_on(length, date(2026, 11, 3), calendar) == date(2026, 11, 20)
    assert not until(date(2026, 11, 20), article="D51.1", vi="x", en="x").is_local
