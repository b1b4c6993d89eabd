"""Every write of the desk: views of one's own, the calendar feed, the choice of mail."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.accounts import queries as accounts
from nganam.audit import operations as audit
from nganam.desk import queries
from nganam.desk.events import FEED_ISSUED, FEED_REVOKED
from nganam.desk.models import DigestChoice, Feed, Place, SavedView
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved

MOST_VIEWS, MOST_FEEDS, LONGEST_NAME = 20, 5, 60
EVERY = timedelta(minutes=1)


@transaction.atomic
def save_view(*, actor: Actor, at: datetime, name: str, place: str, query: str) -> SavedView:
    """Keep a list with its filters under a name; only filters the list knows are kept."""
    person = accounts.person(actor.code)
    if SavedView.objects.filter(person=person).count() >= MOST_VIEWS:
        raise RuleBroken(
            _("Bạn đã lưu %(most)s bộ lọc.") % {"most": MOST_VIEWS}, article="nội bộ",
            hint=_("Xóa bộ lọc không dùng nữa rồi lưu lại."),
        )  # fmt: skip
    if place not in Place.values:
        raise NotFound(_("Không có trang này."))
    view = SavedView(
        person=person, place=place, query=queries.tidied(place, query), created_at=at, name=_checked_name(name)
    )
    with _name_once(view.name):
        view.save(force_insert=True)
    return view


def _checked_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > LONGEST_NAME:
        said = _("Đặt tên từ 1 đến %(most)s ký tự.") % {"most": LONGEST_NAME}
        raise Invalid(said, fields={"name": [said]})
    return tidy


@contextmanager
def _name_once(name: str) -> Iterator[None]:
    """Let the database refuse a name that another view of the person bears, also one that is written just now."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        said = _("Bạn đã có bộ lọc mang tên “%(name)s”.") % {"name": name}
        raise Invalid(said, fields={"name": [said]}, hint=_("Chọn tên khác.")) from error


@transaction.atomic
def rename_view(*, actor: Actor, name: str, new_name: str) -> SavedView:
    """Give one's own view another name; compare-and-set, so that a view dropped meanwhile stays dropped."""
    view, wanted = queries.view_of(actor, name), _checked_name(new_name)
    with _name_once(wanted):
        renamed = SavedView.objects.filter(pk=view.pk, name=view.name).update(name=wanted)
    if not renamed:
        raise StateMoved(_("Bộ lọc này vừa được đổi tên hoặc xóa."), state="", hint=_("Tải lại trang."))
    view.name = wanted
    return view


@transaction.atomic
def drop_view(*, actor: Actor, name: str) -> None:
    """Remove one's own view."""
    queries.view_of(actor, name).delete()


@transaction.atomic
def issue_feed(*, actor: Actor, at: datetime, name: str) -> tuple[Feed, str]:
    """Make a calendar address for the agency the actor works for now; its secret part is returned once."""
    if not actor.is_person or not actor.agency:
        raise NotAllowed(_("Chỉ cán bộ đang được phân công ở một cơ quan mới có lịch thời hạn."))
    if queries.feeds_of(actor).filter(revoked_at__isnull=True).count() >= MOST_FEEDS:
        raise RuleBroken(
            _("Bạn đã có %(most)s lịch đang dùng.") % {"most": MOST_FEEDS}, article="nội bộ",
            hint=_("Thu hồi lịch không dùng nữa rồi tạo lại."),
        )  # fmt: skip
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    feed = Feed.objects.create(
        person=accounts.person(actor.code), agency=actor.agency, name=name.strip()[:80], prefix=prefix,
        hash=accounts.hashed_key(prefix, secret), created_at=at,
    )  # fmt: skip
    _record(FEED_ISSUED, feed, actor=actor, at=at)
    return feed, f"{prefix}.{secret}"


@transaction.atomic
def revoke_feed(*, actor: Actor, at: datetime, prefix: str) -> Feed:
    """Revoke one of the actor's own addresses: the next reading finds nothing."""
    feed = queries.feeds_of(actor).filter(prefix=prefix).first()
    if feed is None:
        raise NotFound(_("Không có lịch này."))
    if not Feed.objects.filter(pk=feed.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise StateMoved(_("Lịch này đã được thu hồi."), state="revoked", hint=_("Tải lại trang."))
    _record(FEED_REVOKED, feed, actor=actor, at=at)
    feed.refresh_from_db()
    return feed


def note_reading(feed: Feed, *, at: datetime) -> None:
    """Keep when an address was last read, to the minute."""
    if feed.last_used_at is None or at - feed.last_used_at > EVERY:
        Feed.objects.filter(pk=feed.pk).update(last_used_at=at)


def _record(action: str, feed: Feed, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="accounts.person", object_code=actor.code,
        details={"prefix": feed.prefix, "name": feed.name, "agency": feed.agency},
    )  # fmt: skip


@transaction.atomic
def choose_digest(*, actor: Actor, often: str) -> DigestChoice:
    """Choose how often one's work comes by mail."""
    if often not in DigestChoice.Often.values:
        said = _("Chọn một trong các mức đã cho.")
        raise Invalid(said, fields={"often": [said]})
    person = accounts.person(actor.code)
    return DigestChoice.objects.update_or_create(person=person, defaults={"often": often})[0]
