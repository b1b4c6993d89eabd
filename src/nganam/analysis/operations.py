"""Writes: keep a question, share, pin and remove it; and the one deed that asks by SQL, since it leaves a record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency as agency_by_code
from nganam.analysis import fenced, policies, queries
from nganam.analysis.models import Question
from nganam.analysis.scope import Scope, scopes_for
from nganam.audit.operations import record
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken

MOST_KEPT = 200
MOST_PINNED = 12
"""Questions on an agency's board: all are asked each time it is opened (nội bộ)."""


@transaction.atomic
def save_question(*, actor: Actor, at: datetime, scope: Scope, asked: Mapping[str, Any], title: str) -> Question:
    """Keep a question under a name of the officer's own; raise ``Invalid`` for a name in use or too many kept."""
    allow(policies.may_keep(actor))
    owner, title = agency_by_code(actor.agency), title.strip()
    mine = Question.objects.filter(by_code=actor.code, agency=owner)
    if not title or mine.filter(title=title).exists():
        said = _("Bạn đã có câu hỏi cùng tên.") if title else _("Đặt tên cho câu hỏi.")
        raise Invalid(said, fields={"title": [said]})
    if mine.count() >= MOST_KEPT:
        raise Invalid(_("Bạn đã lưu quá nhiều câu hỏi."), hint=_("Xóa bớt câu hỏi không dùng."))
    made = Question(
        code=next_code("PT", at), title=title, ref=scope.ref, asked=dict(asked), agency=owner, by_code=actor.code,
        by_name=actor.name, created_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        said = _("Bạn đã có câu hỏi cùng tên.")
        raise Invalid(said, fields={"title": [said]}) from error
    _record("saved", made, actor=actor, at=at)
    return made


@transaction.atomic
def share_question(*, actor: Actor, at: datetime, code: str, shared: bool) -> Question:
    """Let the agency's other officers open the question, or no longer; then it leaves the board too."""
    found = _held(actor, code)
    if found.is_shared != shared:
        found.is_shared, found.is_pinned = shared, found.is_pinned and shared
        found.save(update_fields=["is_shared", "is_pinned"])
        _record("shared" if shared else "unshared", found, actor=actor, at=at)
    return found


@transaction.atomic
def pin_question(*, actor: Actor, at: datetime, code: str, pinned: bool) -> Question:
    """Put the question on the agency's board, which shares it, or take it off."""
    found = _held(actor, code)
    if (
        pinned
        and Question.objects.filter(agency=found.agency, is_pinned=True).exclude(pk=found.pk).count() >= MOST_PINNED
    ):
        raise RuleBroken(
            _("Bảng điều khiển đã có %(most)s câu hỏi.") % {"most": MOST_PINNED}, article="nội bộ",
            hint=_("Bỏ ghim một câu hỏi khác trước."),
        )  # fmt: skip
    if found.is_pinned != pinned:
        found.is_pinned, found.is_shared = pinned, found.is_shared or pinned
        found.save(update_fields=["is_pinned", "is_shared"])
        _record("pinned" if pinned else "unpinned", found, actor=actor, at=at)
    return found


@transaction.atomic
def remove_question(*, actor: Actor, at: datetime, code: str) -> None:
    """Remove the officer's own question."""
    found = _held(actor, code)
    _record("removed", found, actor=actor, at=at)
    found.delete()


def ask_by_sql(*, actor: Actor, at: datetime, sql: str) -> fenced.Result:
    """Ask one SELECT over the tables the officer works with; the record keeps it, whether it is answered or refused.

    Raises ``Invalid`` for anything else than one SELECT and for what the engine refuses, ``Unavailable`` past its time.
    """
    allow(policies.may_query(actor))
    own = [one for one in scopes_for(actor, at) if one.account is None and one.columns]
    with transaction.atomic():
        record(
            actor=actor, at=at, action="analysis.sql", object_type="warehouse", object_code="sql",
            details={"sql": sql[:10_000]},
        )  # fmt: skip
    return fenced.run(sql, own)


def _held(actor: Actor, code: str) -> Question:
    """Return the question, its row held, when the officer may change it."""
    found = Question.objects.select_for_update(of=("self",)).get(pk=queries.get_question_for(actor, code).pk)
    allow(policies.may_change(actor, found))
    return found


def _record(deed: str, question: Question, *, actor: Actor, at: datetime) -> None:
    record(
        actor=actor, at=at, action=f"analysis.{deed}", object_type="analysis.question", object_code=question.code,
        agency=question.agency.code, details={"title": question.title, "ref": question.ref, "asked": question.asked},
    )  # fmt: skip
