"""Audit actions of the room: deeds on a case of any kind."""

from nganam.audit.registry import Action, register

URGED = "cases.urged"

register(Action(URGED, "Đôn đốc", "Urged"))
