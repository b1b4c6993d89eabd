"""D39: an amendment is a new version signed again; the old one stays in force meanwhile."""

from datetime import date

import pytest

import scenes_agreements as ours
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.notices.models import OutboxEvent
from nganam.sharing.agreements import drafting, ending, queries, signing
from nganam.sharing.models import Account

pytestmark = pytest.mark.django_db
LATER = ours.LATER


@pytest.mark.law("D39", "D37.3")
def test_the_signed_version_holds_until_the_amendment_is_signed_by_all(province, lan, phuc):
    found = ours.amending()
    assert (found.state, found.in_force.number, Account.objects.get().state) == ("amending", 1, "created")
    found = ours.save(found, lan, LATER, fields=["ma_co_so"], valid_until="2027-11-03")
    found = ours.agree(found, phuc, LATER)
    assert (found.state, found.in_force.number) == ("amend_signing", 1)
    found = ours.sign(found, phuc, LATER)
    assert found.in_force.number == 1
    assert Account.objects.get().granted_fields == ours.TEXT["fields"]
    found = ours.sign(found, lan, LATER)
    assert (found.state, found.in_force.number, found.valid_until) == ("in_force", 2, date(2027, 11, 3))
    assert found.effective_on == date(2026, 11, 3), "the agreement holds since its first version"
    one, two = queries.versions_of(found)
    assert (one.in_force_from, one.in_force_until) == (date(2026, 11, 3), date(2026, 12, 1))
    assert (two.in_force_from, two.in_force_until) == (date(2026, 12, 1), None)


@pytest.mark.law("D39", "D40")
def test_the_account_follows_the_amendment_and_the_gateway_hears_of_it(province, lan, phuc):
    found = ours.save(ours.amending(), lan, LATER, fields=["ma_co_so"], valid_until="2027-11-03")
    before = Account.objects.get()
    ours.sign(ours.sign(ours.agree(found, phuc, LATER), phuc, LATER), lan, LATER)
    account = Account.objects.get()
    assert (account.granted_fields, account.valid_until) == (["ma_co_so"], date(2027, 11, 3))
    assert account.version == before.version + 1
    assert OutboxEvent.objects.filter(event="sharing.account.amended", object_code=account.code).count() == 1


def test_an_amendment_that_leaves_fields_and_term_leaves_the_account(province, lan, phuc):
    found = ours.save(ours.amending(), lan, LATER, limits="Chỉ trong giờ trực.")
    ours.sign(ours.sign(ours.agree(found, phuc, LATER), phuc, LATER), lan, LATER)
    assert not OutboxEvent.objects.filter(event="sharing.account.amended").exists()


@pytest.mark.law("D39")
def test_nothing_is_signed_before_all_agreed_to_the_amendment_itself(province, lan, phuc):
    found = ours.amending()
    assert queries.on_table(found) is None, "the version in force is not up for consent"
    with pytest.raises(StateMoved):
        drafting.agree(actor=phuc, at=LATER, agreement=found, digest=found.in_force.digest)
    with pytest.raises(Invalid):
        ours.save(found, lan, LATER)  # the same as what is in force
    found = ours.save(found, lan, LATER, security="  ")
    with pytest.raises(RuleBroken):
        ours.agree(found, phuc, LATER)
    with pytest.raises(StateMoved):
        signing.sign(
            actor=lan, at=LATER, agreement=found, digest=ours.table(found).digest, signer="A", position="B"
        )  # fmt: skip


def test_an_amendment_needs_a_party_and_a_reason(province, minh, phuc):
    found = ours.in_force()
    for actor in (minh, ours.TU):
        with pytest.raises(NotAllowed):
            drafting.begin_amendment(actor=actor, at=LATER, agreement=found, reason="x")
    with pytest.raises(Invalid):
        drafting.begin_amendment(actor=phuc, at=LATER, agreement=found, reason=" ")


@pytest.mark.law("D39")
@pytest.mark.parametrize("signed", [0, 1])
def test_a_dropped_amendment_leaves_everything_as_it_was(province, lan, phuc, signed):
    found = ours.save(ours.amending(), lan, LATER, fields=["ma_co_so"])
    found = ours.agree(found, phuc, LATER)
    for actor in [phuc, lan][:signed]:
        found = ours.sign(found, actor, LATER)
    old = ours.table(found).digest
    found = drafting.drop_amendment(actor=phuc, at=LATER, agreement=found, reason="Không cần nữa.")
    assert (found.state, found.in_force.number) == ("in_force", 1)
    assert Account.objects.get().granted_fields == ours.TEXT["fields"]
    found = drafting.begin_amendment(actor=lan, at=LATER, agreement=found, reason="Thử lại")
    with pytest.raises(StateMoved):
        drafting.agree(actor=phuc, at=LATER, agreement=found, digest=old)
    found = ours.save(found, lan, LATER, fields=["ma_co_so"])
    assert [one.number for one in queries.versions_of(found)] == [1, 2, 3]
    assert [one.agency for one in ours.table(found).consents.all()] == ["CT-SYT"]


@pytest.mark.law("D39")
def test_a_settled_amendment_goes_back_to_drafting(province, lan, phuc):
    found = ours.agree(ours.save(ours.amending(), lan, LATER, other="Thêm điều."), phuc, LATER)
    found = drafting.return_to_drafting(actor=phuc, at=LATER, agreement=found, reason="Sai số ngày.")
    assert (found.state, queries.on_table(found)) == ("amending", None)
    keys = {one.key for one in clocks_of("sharing.agreement", found.code) if one.is_running}
    assert keys == {"special_agreement", "default_list_review"}


@pytest.mark.law("D38.4", "D39")
def test_an_amendment_with_a_day_waits_for_it_while_the_old_one_holds(province, lan, phuc):
    found = ours.save(ours.amending(), lan, LATER, effective_on="2027-01-01", fields=["ma_co_so"])
    found = ours.sign(ours.sign(ours.agree(found, phuc, LATER), phuc, LATER), lan, LATER)
    assert (found.state, found.in_force.number) == ("amend_signed", 1)
    assert signing.begin_due(at=LATER) == 0
    when = LATER + ours.days(31)
    assert signing.begin_due(at=when) == 1
    found.refresh_from_db()
    assert (found.state, found.in_force.number) == ("in_force", 2)
    assert Account.objects.get().granted_fields == ["ma_co_so"]


@pytest.mark.law("D38.4", "D44")
def test_the_term_of_what_is_in_force_ends_it_also_under_amendment(province, lan):
    found = ours.amending(ours.in_force(valid_until="2026-12-02"))
    found = ours.save(found, lan, LATER, valid_until="2030-01-01")
    assert ending.expire_due(at=LATER) == 0
    assert ending.expire_due(at=LATER + ours.days(1)) == 1
    found.refresh_from_db()
    assert (found.state, found.ended_on, Account.objects.get().state) == ("deleting", date(2026, 12, 2), "revoked")
    assert queries.on_table(found) is None
