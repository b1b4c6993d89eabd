"""D34.2: what a review finds fit for the default list is listed, taken up by an edition, and may then be asked for."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import scenes
import scenes_agreements as ours
from nganam.audit.models import Entry
from nganam.catalogue import operations as catalogue
from nganam.catalogue import proposing
from nganam.catalogue.models import DefaultProposal, Edition, SharedDatabase
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.notices.queries import inbox
from nganam.services.models import Service
from nganam.sharing.agreements import defaulting, queries, signing

pytestmark = pytest.mark.django_db
LATER, TODAY = ours.LATER, date(2026, 11, 3)
WHY = "Nhiều phường cùng cần."


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


@pytest.fixture
def listed(province, lan, minh, khanh, at):
    """Bring a database with an item shared by default into the catalogue in force."""
    values = {
        "name": "Cơ sở khám chữa bệnh", "purpose": "Quản lý", "scope": "Toàn thành phố", "content": "Tên, loại",
        "collection": "Từ hồ sơ", "updating": "Trong ngày", "sources": "Phần mềm", "operator": "Phòng Nghiệp vụ Y",
    }  # fmt: skip
    items = [{"name": "Giấy phép", "form": "default", "audience": "Cơ quan nhà nước", "ground": "common"}]
    made = catalogue.declare_database(actor=lan, at=at, values=values, items=items)
    for actor, step in ((lan, "propose"), (minh, "accept")):
        made = catalogue.move_database(actor=actor, at=at, database=made, transition=step)
    edition = issued(khanh, minh, at, drafted(minh, at, made, kind="databases"), "120")
    catalogue.publish_edition(actor=minh, at=at, edition=edition)
    return SharedDatabase.objects.get()


def drafted(minh, at, database, *, kind="default_data", proposals=()):
    return catalogue.compile_edition(
        actor=minh, at=at, kind=kind, title="Danh mục", codes=[database.code], proposals=proposals
    )


def issued(khanh, minh, at, edition, number):
    edition = catalogue.submit_edition(
        actor=minh, at=at, edition=edition, number=f"{number}/TTr-SKHCN", signed_on=TODAY
    )
    return catalogue.issue_edition(actor=khanh, at=at, edition=edition, number=f"{number}/QĐ-UBND", signed_on=TODAY)


def reviewed(actor, database=None, outcome="convert", found=None):
    """Review an agreement about a service over ``database``."""
    found = found or ours.in_force()
    if database is not None:
        Service.objects.update(database=database)
        found = ours.fresh(found)
    return signing.review_default(actor=actor, at=LATER, agreement=found, outcome=outcome, reason=WHY)


@pytest.mark.law("D34.2")
def test_a_review_lists_the_data_for_the_next_edition_until_a_later_one_says_otherwise(province, lan, minh):
    found = reviewed(lan)
    (one,) = proposing.open_proposals()
    assert (one.source, one.name, one.owner.code, one.reason) == (found.code, found.about, "CT-SYT", WHY)
    reviewed(minh, found=found)
    assert proposing.open_proposals().count() == 1, "the same data are listed once"
    reviewed(minh, outcome="keep", found=found)
    assert not proposing.open_proposals().exists()
    actions = Entry.objects.filter(action__startswith="catalogue.default.").values_list("action", "object_code")
    assert list(actions) == [
        ("catalogue.default.proposed", found.code), ("catalogue.default.proposed", found.code),
        ("catalogue.default.dropped", found.code),
    ]  # fmt: skip


@pytest.mark.law("D34.2")
def test_the_issued_edition_takes_up_what_was_chosen_and_the_parties_may_ask_by_default(
    listed, lan, phuc, minh, khanh, at
):
    found = reviewed(lan, listed)
    assert queries.default_words(phuc, found.code) == {}
    edition = drafted(minh, at, listed, proposals=[found.code])
    assert not defaulting.is_taken_up(found), "a draft decides nothing"
    issued(khanh, minh, at, edition, "121")
    assert defaulting.is_taken_up(found)
    assert not proposing.open_proposals().exists()
    assert defaulting.tell_taken_up(at=LATER, edition=edition.code) == 1
    assert defaulting.tell_taken_up(at=LATER, edition=edition.code) == 0, "told once"
    assert any("danh mục chia sẻ mặc định" in notice.body for notice in inbox(phuc))
    words = queries.default_words(phuc, found.code)
    assert (words["purpose"], words["application"], words["fields_asked"]) == (
        found.purpose, found.application.code, found.fields,
    )  # fmt: skip
    assert queries.default_words(scenes.LAN, "TN-2026-9999") == {}


@pytest.mark.law("D34.2")
def test_what_is_not_chosen_waits_for_the_next_edition(listed, lan, minh, khanh, at):
    found = reviewed(lan, listed)
    issued(khanh, minh, at, drafted(minh, at, listed), "121")
    assert not defaulting.is_taken_up(found)
    assert [one.source for one in proposing.offered_to(None)] == [found.code]


def test_only_a_waiting_proposal_of_a_database_in_the_draft_is_chosen(listed, lan, minh, phuc, at):
    found = reviewed(lan)  # its service stands over no declared database
    assert not proposing.offered_to(None).exists()
    for wrong in ([found.code], ["TN-2026-9999"]):
        with pytest.raises(Invalid) as refused:
            drafted(minh, at, listed, proposals=wrong)
        assert list(refused.value.fields) == ["proposals"]
    assert not Edition.objects.filter(kind="default_data").exists()
    DefaultProposal.objects.update(database=listed)
    with pytest.raises(Invalid):
        drafted(minh, at, listed, kind="databases", proposals=[found.code])
    with pytest.raises(NotAllowed):
        drafted(lan, at, listed, proposals=[found.code])


def test_a_draft_given_up_lets_its_proposals_wait_again(listed, lan, minh, at):
    found = reviewed(lan, listed)
    edition = drafted(minh, at, listed, proposals=[found.code])
    assert DefaultProposal.objects.get().edition == edition
    edition = catalogue.edit_edition(actor=minh, at=at, edition=edition, title="Danh mục", codes=[listed.code])
    assert DefaultProposal.objects.get().edition is None, "what is not ticked any more waits"
    edition = catalogue.edit_edition(
        actor=minh, at=at, edition=edition, title="Danh mục", codes=[listed.code], proposals=[found.code]
    )
    catalogue.move_edition(actor=minh, at=at, edition=edition, transition="abandon", reason="Làm lại")
    assert DefaultProposal.objects.get().edition is None


def test_a_changed_draft_waits_for_the_record_before_it_takes_proposals_as_a_review_does(listed, lan, minh, at):
    found = reviewed(lan, listed)
    edition = drafted(minh, at, listed)
    with CaptureQueriesContext(connection) as asked:
        catalogue.edit_edition(
            actor=minh, at=at, edition=edition, title="Danh mục", codes=[listed.code], proposals=[found.code]
        )
    sqls = [one["sql"] for one in asked]
    head = next(place for place, sql in enumerate(sqls) if "audit_head" in sql)
    assert head < next(place for place, sql in enumerate(sqls) if 'UPDATE "catalogue_defaultproposal"' in sql)


def test_the_pages_offer_the_proposal_and_then_the_request(listed, lan, minh, khanh, at, sign_in):
    found = reviewed(lan, listed)
    desk = sign_in("minh")
    page = desk.get("/danh-muc/dot/moi/?loai=default_data").content.decode()
    assert f"({found.code}): {WHY}" in page
    assert "Đề xuất chuyển mặc định" not in desk.get("/danh-muc/dot/moi/").content.decode()
    desk.post("/danh-muc/dot/moi/", {
        "kind": "default_data", "title": "Danh mục mặc định", "codes": [listed.code], "proposals": [found.code],
    })  # fmt: skip
    edition = Edition.objects.get(kind="default_data")
    assert "được đưa vào" in desk.get(edition.get_absolute_url()).content.decode()
    issued(khanh, minh, at, edition, "121")
    Service.objects.update(form="default")
    address = f"/yeu-cau/moi/?dich-vu={found.service.code}&amp;tu={found.code}"
    assert address in sign_in("phuc").get(found.get_absolute_url()).content.decode()
    assert address not in sign_in("lan").get(found.get_absolute_url()).content.decode()
    asked = sign_in("phuc").get(address.replace("&amp;", "&")).content.decode()
    assert found.purpose in asked
