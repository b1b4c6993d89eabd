"""How the machine of open datasets is conducted."""

from nganam.cases import parties
from nganam.opendata import forms, operations, policies, queries
from nganam.opendata.workflow import DATASET

parties.declare(
    DATASET,
    parties=policies.PARTIES,
    find=queries.get_dataset_for,
    listing=queries.datasets_for,
    word="dataset",
    moves=operations.MOVES,
    forms=forms.STEP_FORMS,
)
