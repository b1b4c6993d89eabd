"""In-app notices: who sees which, and who has read what."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import NotFound
from nganam.notices.models import Mail, Notice, Read
from nganam.notices.operations import mark_read, notify
from nganam.notices.queries import inbox, unread_count

pytestmark = pytest.mark.django_db


def titles(actor):
    return {one.title for one in inbox(actor)}


@pytest.fixture
def notices(at):
    for title, whom in {
        "cho Lan": {"person": "lan"}, "cho Sở Y tế": {"agency": "CT-SYT"}, "cho mọi đầu mối": {"role": "focal"},
        "cho đầu mối Sở Y tế": {"agency": "CT-SYT", "role": Role.FOCAL}, "cho cơ quan đầu mối": {"role": "lead"},
        "cho lãnh đạo Sở Y tế": {"agency": "CT-SYT", "role": "chairman"},
    }.items():  # fmt: skip
        notify(at=at, title=title, body="x", link="/", event="test", **whom)


def test_a_notice_reaches_its_person_agency_role_or_role_at_an_agency_and_nobody_else(
    notices, lan, minh, phuc, khanh, dung
):
    assert titles(lan) == {"cho Lan", "cho Sở Y tế", "cho mọi đầu mối", "cho đầu mối Sở Y tế"}
    assert titles(minh) == {"cho cơ quan đầu mối"}
    assert titles(phuc) == {"cho mọi đầu mối"}
    assert titles(khanh) == set()
    assert titles(dung) == set()
    assert unread_count(dung) == 0
    without_post = Actor(Kind.PERSON, "an", "An")
    assert titles(without_post) == set()


def test_reading_is_each_persons_own(notices, lan, phuc, at):
    shared = Notice.objects.get(title="cho mọi đầu mối")
    assert (unread_count(lan), unread_count(phuc)) == (4, 1)
    assert mark_read(actor=lan, at=at, refs=[shared.ref]) == 1
    assert mark_read(actor=lan, at=at, refs=[shared.ref]) == 0
    assert (unread_count(lan), unread_count(phuc)) == (3, 1)
    assert {one.title for one in inbox(lan) if vars(one)["is_read"]} == {"cho mọi đầu mối"}
    assert mark_read(actor=lan, at=at) == 3
    assert unread_count(lan) == 0
    assert str(shared) == "cho mọi đầu mối"
    assert str(Read.objects.get(notice=shared)) == f"lan {shared.pk}"


def test_a_notice_of_somebody_else_is_not_found(notices, phuc, at):
    other = Notice.objects.get(title="cho Lan")
    for ref in (other.ref, uuid4()):
        with pytest.raises(NotFound):
            mark_read(actor=phuc, at=at, refs=[ref])
    assert not Read.objects.exists()


def test_a_notice_to_nobody_is_a_programming_error_and_the_database_agrees(at):
    with pytest.raises(ValueError, match="needs"):
        notify(at=at, title="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(at=at, title="x")


def test_a_notice_may_also_go_by_mail(at):
    notify(at=at, title="Quá hạn\nX", body="Nội dung", link="/yeu-cau/YC-1/", agency="CT-SYT", emails=["lan@a.invalid"])
    mail = Mail.objects.get()
    assert (mail.to, mail.subject, mail.body) == ("lan@a.invalid", "Quá hạn X", "Nội dung\n\n/yeu-cau/YC-1/")
    assert str(mail) == "lan@a.invalid: Quá hạn X"
