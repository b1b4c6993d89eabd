"""Ngã Năm: the data platform of a Vietnamese province.

Rooms are packages below this one; imports only go down the floors listed in ``docs/architecture.md`` and checked by
import-linter.
"""
