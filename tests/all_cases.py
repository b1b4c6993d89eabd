"""The whole cast, and a fresh case of every declared machine: what the contracts go through."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nganam.cases.models import Case
from nganam.kernel.actors import VISITOR, Actor, Kind, Role, system
from nganam.kernel.machine import Machine
from nganam.site.documents import machines

CAST = {
    "Lan (cung cấp)": Actor(Kind.PERSON, "lan", "Nguyễn Thị Lan", "CT-SYT", frozenset({Role.FOCAL})),
    "Phúc (khai thác)": Actor(Kind.PERSON, "phuc", "Thạch Phúc", "CT-X31507", frozenset({Role.FOCAL})),
    "Tú (cơ quan khác)": Actor(Kind.PERSON, "tu", "Trương Tú", "CT-STC", frozenset({Role.FOCAL})),
    "Minh (đầu mối tỉnh)": Actor(Kind.PERSON, "minh", "Trần Văn Minh", "CT-SKHCN", frozenset({Role.LEAD})),
    "Khánh (Chủ tịch)": Actor(Kind.PERSON, "khanh", "Lê Quốc Khánh", "CT-UBND", frozenset({Role.CHAIRMAN})),
    "Hòa (Công an)": Actor(Kind.PERSON, "hoa", "Phạm Thị Hòa", "CT-CA", frozenset({Role.POLICE})),
    "Tài chính": Actor(Kind.PERSON, "tc", "Tài Chính", "CT-STC", frozenset({Role.FINANCE})),
    "Quản trị": Actor(Kind.PERSON, "quantri", "Quản Trị Viên", "CT-SKHCN", frozenset({Role.ADMIN})),
    "Tra cứu viên": Actor(Kind.PERSON, "tcv", "Tra Cứu Viên", "CT-SYT", frozenset({Role.LOOKUP})),
    "Khách": VISITOR,
    "Hệ thống": system("test"),
}


def scenes_of_cases() -> dict[str, Callable[[], Case]]:
    """Return the functions of every ``tests/scenes*.py`` that build a fresh case, by machine code."""
    found: dict[str, Callable[[], Case]] = {}
    for path in sorted(Path(__file__).parent.glob("scenes*.py")):
        found |= getattr(importlib.import_module(path.stem), "CASES", {})
    return found


CASES = scenes_of_cases()
DECLARED = sorted(CASES)
OF_A_MACHINE = pytest.mark.parametrize("code", DECLARED)


def machine_of(code: str) -> Machine:
    return next(one for one in machines() if one.code == code)


def put(case: Case, state: str) -> Case:
    """Put a case into a state, as no deed could."""
    type(case).objects.filter(pk=case.pk).update(state=state)
    return type(case).objects.get(pk=case.pk)
