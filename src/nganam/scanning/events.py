"""Audit actions of the room. Details name the result and how many findings of which kind, never content."""

from nganam.audit.registry import Action, register

register(Action("scanning.scanned", "Rà quét dữ liệu", "Scanned data"))
