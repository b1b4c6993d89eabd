"""What a programmer needs to call a service: operations, a made-up answer, refusals, commands to copy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from nganam.face.telling import retold
from nganam.lgsp import queries as lgsp
from nganam.lgsp.envoy.replies import OPEN_REPLIES, REPLIES
from nganam.portal.reuse import Snippet
from nganam.services.models import Service, ServiceField
from nganam.services.openapi_parts import MADE_UP
from nganam.serving import problems


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal a caller may meet."""

    status: int
    code: str
    title: str
    hint: str


def refusals(token_url: str, public_url: str, *, is_open: bool = False) -> list[Refusal]:
    """Return what the gateway and the data server refuse, by status; each code once, in the words the caller gets."""
    replies = (*REPLIES, *OPEN_REPLIES) if is_open else REPLIES
    words = {"token_url": token_url, "public_url": public_url, "body_limit": ""}
    found = {one.code: Refusal(one.status, one.code, one.title, _filled(one.hint, words)) for one in replies}
    served = (
        problems.record_absent(),
        problems.record_not_granted(),
        problems.ambiguous_key(["tham số ở phần Đầu vào"]),
        problems.fields_not_granted([]),
        problems.too_long(0),
        problems.too_costly(0),
        problems.changes_gone(None, 0),
        problems.not_findable(""),
        problems.version_moved(0, 0),
    )
    for one in served:
        found.setdefault(one.code, Refusal(one.status, one.code, one.title, one.hint))
    return sorted(found.values(), key=lambda one: (one.status, one.code))


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to call the service."""

    method: str
    path: str
    summary: str
    parameters: Sequence[tuple[str, str, str]]


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document for people."""
    base = document["servers"][0]["url"]
    return [
        Operation(
            method.upper(),
            base + path,
            retold(told["summary"]),
            [
                (one["name"], one["in"], retold(one.get("description")) or _size(one["schema"]))
                for one in told["parameters"]
                if "x-range-of" not in one
            ],
        )
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if "x-for-programs" not in told
    ]


def _size(schema: dict[str, Any]) -> str:
    if "maximum" not in schema:
        return ""
    return _("từ %(least)s đến %(most)s, mặc định %(usual)s") % {
        "least": schema["minimum"],
        "most": schema["maximum"],
        "usual": schema["default"],
    }


def sample(fields: Sequence[ServiceField]) -> str:
    """Return a made-up answer with every field; no value is anybody's."""
    record = {one.name: MADE_UP.get(one.type, _("ví dụ")) for one in fields}
    return json.dumps({"data": record, "version": 1}, ensure_ascii=False, indent=2)


def snippets(service: Service) -> list[Snippet]:
    """Return how to get a token and call the service from a shell and from Python."""
    address, token = lgsp.service_url(service), lgsp.token_url()
    place = "/{khoa}" if service.lookup_columns else "/?limit=10"
    if service.operations:
        place = service.operations[0]["path"].replace("**", "…").replace("*", "{…}")
    return [
        Snippet(
            "lenh-token", _("1. Lấy mã truy cập (curl)"), "bash",
            f'curl -s -u "$CLIENT_ID:$CLIENT_SECRET" \\\n  -d grant_type=client_credentials \\\n  {token}',
        ),
        Snippet(
            "lenh-goi", _("2. Gọi dịch vụ (curl)"), "bash",
            f'curl -s -H "Authorization: Bearer $TOKEN" \\\n  "{address}{place}"',
        ),
        Snippet(
            "ma-goi", "Python (httpx)", "python",
            "import httpx\n\n"
            f'token = httpx.post(\n    "{token}",\n    data={{"grant_type": "client_credentials"}},\n'
            '    auth=(client_id, client_secret),\n).json()["access_token"]\n'
            f'answer = httpx.get(\n    "{address}{place}",\n    headers={{"Authorization": f"Bearer {{token}}"}},\n)\n'
            "print(answer.json())",
        ),
    ]  # fmt: skip
