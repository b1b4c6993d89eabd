"""How the machines of the catalogue are conducted: entries, and the editions they are issued in."""

from nganam.cases import parties
from nganam.catalogue import forms, operations, policies, queries
from nganam.catalogue.workflow import DATABASE, EDITION

parties.declare(
    DATABASE,
    parties=policies.DATABASE_PARTIES,
    find=queries.get_database_for,
    listing=queries.databases_for,
    word="database",
    moves=operations.DATABASE_MOVES,
)
parties.declare(
    EDITION,
    parties=policies.EDITION_PARTIES,
    find=queries.get_edition_for,
    listing=queries.editions_for,
    word="edition",
    moves=operations.EDITION_MOVES,
    forms=forms.EDITION_FORMS,
    moved_with=queries.moved_with,
)
