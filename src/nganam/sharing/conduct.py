"""How the machines of the room are conducted: who the parties are, what is asked, which deed is behind each move."""

from nganam.cases import parties
from nganam.services import consumers
from nganam.sharing import consumers as sharing_consumers
from nganam.sharing import policies, together
from nganam.sharing.accounts import forms as account_forms
from nganam.sharing.accounts import operations as account_operations
from nganam.sharing.accounts import policies as account_policies
from nganam.sharing.accounts import queries as account_queries
from nganam.sharing.accounts import succeeding
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.agreements import forms as agreement_forms
from nganam.sharing.agreements import moves as agreement_moves
from nganam.sharing.agreements import policies as agreement_policies
from nganam.sharing.agreements import queries as agreement_queries
from nganam.sharing.agreements import writing as agreement_writing
from nganam.sharing.agreements.workflow import AGREEMENT, JOINING
from nganam.sharing.outside import forms as outside_forms
from nganam.sharing.outside import inbound, outbound
from nganam.sharing.outside import policies as outside_policies
from nganam.sharing.outside import queries as outside_queries
from nganam.sharing.outside import writing as outside_writing
from nganam.sharing.outside.workflow import INBOUND, OUTBOUND
from nganam.sharing.requests import forms as request_forms
from nganam.sharing.requests import operations as request_operations
from nganam.sharing.requests import policies as request_policies
from nganam.sharing.requests import queries as request_queries
from nganam.sharing.requests import writing as request_writing
from nganam.sharing.requests.workflow import REQUEST
from nganam.sharing.suspensions import breaching, maintaining, terminating
from nganam.sharing.suspensions import forms as suspension_forms
from nganam.sharing.suspensions import operations as suspension_operations
from nganam.sharing.suspensions import policies as suspension_policies
from nganam.sharing.suspensions import queries as suspension_queries
from nganam.sharing.suspensions import writing as suspension_writing
from nganam.sharing.suspensions.workflow import BREACH, MAINTENANCE, TERMINATION

parties.declare(
    REQUEST,
    parties=request_policies.PARTIES,
    guards=request_policies.GUARDS,
    find=request_queries.get_request_for,
    listing=request_queries.requests_for,
    word="request",
    moves=request_operations.MOVES,
    forms=request_forms.STEP_FORMS,
    opening=request_writing.OPENING,
    editing=request_writing.EDITING,
    agencies=policies.agencies_here,
)
parties.declare(
    ACCOUNT,
    parties=account_policies.PARTIES,
    guards=account_policies.GUARDS,
    find=account_queries.get_account_for,
    listing=account_queries.accounts_for,
    word="account",
    moves=account_operations.MOVES | succeeding.MOVES | suspension_operations.MOVES,
    forms=account_forms.STEP_FORMS | suspension_forms.ACCOUNT_FORMS,
    agencies=policies.agencies_here,
    moved_with=together.with_account,
)
parties.declare(
    MAINTENANCE,
    parties=suspension_policies.MAINTENANCE_PARTIES,
    guards=suspension_policies.MAINTENANCE_GUARDS,
    find=suspension_queries.get_stop_for,
    listing=suspension_queries.stops_for,
    word="stop",
    moves=maintaining.MOVES,
    forms=suspension_forms.MAINTENANCE_FORMS,
    opening=suspension_writing.STOP_OPENING,
    editing=suspension_writing.STOP_EDITING,
    moved_with=together.with_stop,
)
parties.declare(
    BREACH,
    parties=suspension_policies.PARTIES,
    guards=suspension_policies.BREACH_GUARDS,
    find=suspension_queries.get_breach_for,
    listing=suspension_queries.breaches_for,
    word="breach",
    moves=breaching.MOVES,
    forms=suspension_forms.BREACH_FORMS,
    opening=suspension_writing.BREACH_OPENING,
    agencies=policies.agencies_here,
    moved_with=together.with_its_account,
)
parties.declare(
    TERMINATION,
    parties=suspension_policies.PARTIES,
    guards=suspension_policies.TERMINATION_GUARDS,
    find=suspension_queries.get_termination_for,
    listing=suspension_queries.terminations_for,
    word="termination",
    moves=terminating.MOVES,
    forms=suspension_forms.TERMINATION_FORMS,
    agencies=policies.agencies_here,
    moved_with=together.with_its_account,
    files=suspension_queries.files_of,
)
parties.declare(
    INBOUND,
    parties=outside_policies.INBOUND_PARTIES,
    guards=outside_policies.INBOUND_GUARDS,
    find=outside_queries.get_inbound_for,
    listing=outside_queries.inbound_for,
    word="inbound",
    moves=inbound.MOVES,
    forms=outside_forms.INBOUND_FORMS,
    opening=outside_writing.REGISTERING,
    editing=outside_writing.CORRECTING,
    moved_with=together.with_inbound,
    files=outside_queries.files_of,
)
parties.declare(
    OUTBOUND,
    parties=outside_policies.OUTBOUND_PARTIES,
    guards=outside_policies.OUTBOUND_GUARDS,
    find=outside_queries.get_outbound_for,
    listing=outside_queries.outbound_for,
    word="outbound",
    moves=outbound.MOVES,
    forms=outside_forms.OUTBOUND_FORMS,
    opening=outside_writing.PROPOSING,
    editing=outside_writing.CHANGING,
)
parties.declare(
    AGREEMENT,
    parties=agreement_policies.PARTIES,
    guards=agreement_policies.GUARDS,
    find=agreement_queries.get_agreement_for,
    listing=agreement_queries.agreements_for,
    word="agreement",
    moves=agreement_moves.MOVES,
    forms=agreement_forms.STEP_FORMS,
    opening=agreement_writing.OPENING,
    editing=agreement_writing.EDITING,
    agencies=agreement_queries.agencies_in,
    done=agreement_queries.DONE,
    moved_with=together.with_agreement,
    files=agreement_queries.files_of,
    beside=("parties__agency",),
)
parties.declare(
    JOINING,
    parties=agreement_policies.JOINING_PARTIES,
    guards=agreement_policies.JOINING_GUARDS,
    find=agreement_queries.get_joining_for,
    listing=agreement_queries.joinings_for,
    word="joining",
    moves=agreement_moves.JOINING_MOVES,
    forms=agreement_forms.JOINING_FORMS,
    opening=agreement_writing.JOINING_OPENING,
    moved_with=together.with_joining,
)
consumers.declare("sharing", sharing_consumers.consumers_of)
