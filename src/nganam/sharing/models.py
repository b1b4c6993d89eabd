"""Every table of the room, for Django; each stands in the family that keeps it."""

from nganam.sharing.accounts.models import Account, Delegation
from nganam.sharing.agreements.models import (
    Agreement,
    AgreementConsent,
    AgreementParty,
    AgreementReader,
    AgreementSignature,
    AgreementVersion,
    DefaultReview,
    DeletionReport,
    Joining,
)
from nganam.sharing.outside.models import ExternalService, Inbound, Opinion, Outbound
from nganam.sharing.requests.models import Application, Request
from nganam.sharing.sandbox.models import TestCredential
from nganam.sharing.suspensions.models import Breach, DeletionEvidence, Maintenance, Termination

__all__ = [
    "Account",
    "Agreement",
    "AgreementConsent",
    "AgreementParty",
    "AgreementReader",
    "AgreementSignature",
    "AgreementVersion",
    "Application",
    "Breach",
    "DefaultReview",
    "Delegation",
    "DeletionEvidence",
    "DeletionReport",
    "ExternalService",
    "Inbound",
    "Joining",
    "Maintenance",
    "Opinion",
    "Outbound",
    "Request",
    "Termination",
    "TestCredential",
]
