"""Gives every declared machine its addresses: read, open, change, and one for each move somebody makes."""

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Header

from nganam.api import schemas
from nganam.api.cases import CaseDetail, edit_case, move_case, open_case, read_case, router
from nganam.api.schemas import REFUSALS
from nganam.cases import parties
from nganam.cases.parties import Conduct, Writing

Key = Annotated[str, Header(max_length=64, alias="Idempotency-Key")]


def mount() -> None:
    """Add the addresses of every machine that has been declared by now."""
    for conduct in parties.declared():
        _mount_reading(conduct)
        if conduct.opening:
            _mount_opening(conduct, conduct.opening)
        if conduct.editing:
            _mount_editing(conduct, conduct.editing)
        for transition in conduct.moves:
            _mount_move(conduct, transition)


def _mount_reading(conduct: Conduct) -> None:
    def view(request: HttpRequest, code: str) -> dict[str, Any]:
        return read_case(request, code, conduct=conduct)

    _add(conduct, "GET", "/{code}", view, "read", "xem")


def _mount_move(conduct: Conduct, transition: str) -> None:
    step = conduct.machine.transition(transition)

    def view(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
        return move_case(request, code, sent, conduct=conduct, transition=transition)

    view.__annotations__["sent"] = schemas.step_schema(step, conduct.forms.get(transition), _name(conduct, transition))
    _add(conduct, "POST", f"/{{code}}/{transition}", view, transition, step.vi)


def _mount_opening(conduct: Conduct, writing: Writing) -> None:
    def view(request: HttpRequest, sent: Any, idempotency_key: Key = "") -> tuple[int, dict[str, Any]]:
        return 201, open_case(request, sent, writing=writing, key=idempotency_key)

    view.__annotations__["sent"] = schemas.opening_schema(writing, _name(conduct, "open"))
    _add(conduct, "POST", "", view, "open", "lập hồ sơ", ok=201)


def _mount_editing(conduct: Conduct, writing: Writing) -> None:
    def view(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
        return edit_case(request, code, sent, conduct=conduct, writing=writing)

    view.__annotations__["sent"] = schemas.editing_schema(writing, _name(conduct, "edit"))
    _add(conduct, "PUT", "/{code}", view, "edit", "sửa bản nháp")


def _name(conduct: Conduct, verb: str) -> str:
    return "".join(part.title() for part in f"{conduct.machine.code}.{verb}".replace("_", ".").split("."))


def _add(
    conduct: Conduct, method: str, path: str, view: Callable[..., Any], verb: str, words: str, *, ok: int = 200
) -> None:
    view.__name__ = f"{conduct.machine.code}_{verb}".replace(".", "_")  # reversed addresses are told apart by it
    router.add_api_operation(
        f"/cases/{conduct.machine.code}{path}", [method], view, response={ok: CaseDetail, **REFUSALS},
        summary=f"{conduct.machine.vi}: {words}", operation_id=view.__name__,
    )  # fmt: skip
