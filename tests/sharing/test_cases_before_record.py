"""A deed that moves several cases beside a deed on one of them: neither waits for the other for ever.

The one deed holds the row of a case and then wants the head of the record. The other, if it came by the head first and
then wanted that row, would wait for it while it is waited for: PostgreSQL ends such a pair by failing one of them.
"""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

import lock_order
import scenes
import scenes_agreements as agreements
import scenes_disputes as disputes
from nganam.audit import operations as audit
from nganam.audit.queries import verify_chain
from nganam.cases import holding
from nganam.disputes import operations as disputing
from nganam.disputes.models import Dispute
from nganam.sharing.agreements import ending
from nganam.sharing.models import Account, Agreement, Request

PATIENCE = 2  # seconds the rival waits for the other to come by the head first; in order, it never does


@contextmanager
def rival_of(case, monkeypatch):
    """Hold ``case`` in another transaction that goes on to the record once the deed in here has come by it."""
    holds, recorded, faults = threading.Event(), threading.Event(), []
    taken = audit._locked_head

    def noted():
        head = taken()
        if threading.current_thread() is not thread:
            recorded.set()
        return head

    def run():
        try:
            with transaction.atomic():
                holding.hold(case)
                holds.set()
                recorded.wait(PATIENCE)
                audit.take_turn()
        except Exception as error:  # noqa: BLE001 - told by the test
            faults.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    monkeypatch.setattr(audit, "_locked_head", noted)
    thread.start()
    assert holds.wait(10)
    yield
    thread.join()
    assert faults == []


def test_an_agreement_ends_beside_a_deed_on_its_account(committed_db, make_province, monkeypatch):
    make_province()
    agreement = agreements.in_force()
    account = Account.objects.get()
    with rival_of(account, monkeypatch):
        ending.terminate(
            actor=scenes.LAN, at=agreements.LATER, agreement=agreement, ground="purpose", reason="Dùng sai mục đích."
        )
    account.refresh_from_db()
    assert (Agreement.objects.get().state, account.state) == ("deleting", "revoked")
    assert verify_chain().ok


def test_a_dispute_gives_a_request_free_beside_a_deed_on_that_request(committed_db, make_province, monkeypatch):
    make_province()
    dispute = disputes.dispute(disputes.refused_request())
    request = Request.objects.get()
    assert request.state == "disputed"
    with rival_of(request, monkeypatch):
        disputing.withdraw(actor=scenes.PHUC, at=disputes.AT, dispute=dispute, reason="Đã thống nhất.")
    request.refresh_from_db()
    assert (Dispute.objects.get().state, request.state) == ("withdrawn", "refused")


@pytest.mark.django_db
def test_the_order_of_locks_is_watched(province):
    account = scenes.account()
    request = account.request
    with transaction.atomic():
        audit.take_turn()
        holding.hold(request)
    assert "behind the head of the record" in lock_order.faults.pop()
    with transaction.atomic():
        holding.hold(request)
        holding.hold(account)
    assert "is taken after" in lock_order.faults.pop()
    with transaction.atomic():
        holding.hold(request, account)
        audit.take_turn()
        holding.hold(account)
    assert lock_order.faults == []


@pytest.mark.django_db
def test_a_deed_on_an_agreement_holds_its_accounts(province):
    held = {one.MACHINE.code for one in holding.family([agreements.in_force()])}
    assert held == {"sharing.agreement", "sharing.account"}


@pytest.mark.django_db
def test_a_deed_on_a_dispute_holds_what_it_is_about(province):
    held = {one.MACHINE.code for one in holding.family([disputes.dispute()])}
    assert held == {"disputes.dispute", "sharing.request"}
