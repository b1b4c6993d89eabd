"""How the machine of disputes is conducted."""

from nganam.cases import parties
from nganam.disputes import forms, operations, policies, queries, writing
from nganam.disputes.workflow import DISPUTE

parties.declare(
    DISPUTE,
    parties=policies.PARTIES,
    guards=policies.GUARDS,
    find=queries.get_dispute_for,
    listing=queries.disputes_for,
    word="dispute",
    moves=operations.MOVES,
    forms=forms.STEP_FORMS,
    opening=writing.OPENING,
    story=queries.events,
    moved_with=queries.moved_with,
    files=queries.files_of,
)
