"""Audit actions of the room: one per transition of SM7."""

from nganam.audit import registry
from nganam.opendata.workflow import DATASET

registry.register_machine(DATASET)
