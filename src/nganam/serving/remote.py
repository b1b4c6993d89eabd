"""Answers of agencies' own systems: asked through the gateway's way out, and let through only as far as granted.

The gateway knows where a system is, checks its certificate and adds its credential; here nothing of that is known. The
whole answer is read before any of it goes on, so what cannot be checked is refused whole.
"""

import os
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from nganam.serving import asking, problems, soap
from nganam.serving.bodies import Body
from nganam.serving.filtering import filtered
from nganam.serving.plans import Plan
from nganam.serving.secret import HEADER
from nganam.serving.snapshot import Operation, Remote, Soap

Message = MutableMapping[str, Any]
REFUSALS = range(400, 500)
REFUSED_BY_US = (401, 403, 407)
FIRST = "gateway"
NODE = re.compile(r"gateway(-[a-z0-9]{1,20})?\Z")
"""What nodes are called: their folders in the data folder have these names (lgsp.gateway)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an agency's system answered, as far as it was granted."""

    status: int
    body: bytes
    records: int


class Agencies:
    """Asks agencies' systems by the socket of the node that carries the call; a pool of connections for each node."""

    def __init__(self, data: Path, gate: bytes) -> None:
        self._data = data
        self._gate = gate.decode("ascii")
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def ask(self, scope: Message, headers: asking.Headers, plan: Plan, path: bytes, asked: Body) -> Found:
        """Return the granted part of the system's answer; raise ``Refused``."""
        remote = plan.service.remote
        if remote is None:
            raise problems.unavailable("Dịch vụ không có hệ thống nguồn.")
        operation = _chosen(remote, scope["method"], path, plan.code)
        if operation.code not in plan.grant.operations:
            raise problems.operation_not_granted()
        parameters = asking.read_parameters(scope.get("query_string", b""))
        _check_parameters(operation, parameters)
        body = asked.whole()
        face = next((one for one in remote.soap if one.operation == operation.code), None)
        if face is not None:
            return await self._ask_soap(face, path, plan, parameters, headers)
        query = scope.get("query_string", b"")
        address = (path + (b"?" + query if query else b"")).decode("ascii")
        status, kind, content = await self._exchange(scope["method"], address, headers, headers.passed, body, remote)
        _refuse_failure(status)
        if not content:
            return Found(status, b"", 0)
        if scope["method"] == "HEAD":
            return Found(status, b"", 0)
        _refuse_unless_json(kind)
        made, records = filtered(content, remote, plan)
        return Found(status, made, records)

    async def _ask_soap(
        self, face: Soap, path: bytes, plan: Plan, parameters: dict[str, str], headers: asking.Headers
    ) -> Found:
        remote = plan.service.remote or Remote(())
        sent = tuple(one for one in headers.passed if one[0] != "content-type") + soap.headers(face)
        body = soap.message(face, parameters)
        status, _kind, content = await self._exchange("POST", path.decode("ascii"), headers, sent, body, remote)
        made, records = filtered(soap.as_json(face, content, status), remote, plan)
        return Found(200, made, records)

    async def _exchange(
        self, method: str, address: str, headers: asking.Headers, passed: tuple[tuple[str, str], ...], body: bytes,
        remote: Remote,
    ) -> tuple[int, str, bytes]:  # fmt: skip
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp

        sent = {**dict(passed), HEADER: self._gate, "accept-encoding": "identity"}
        limit = aiohttp.ClientTimeout(total=remote.seconds + 1)
        try:
            async with self._opened(headers.noted.get("node", "")).request(
                method,
                URL(f"http://egress{address}", encoded=True),
                headers=sent,
                data=body or None,
                timeout=limit,
                allow_redirects=False,
            ) as answer:
                if answer.headers.get("content-encoding", "identity") not in {"identity", ""}:
                    raise problems.answer_unusable("trả lời bằng dạng nén")
                content = b"" if method == "HEAD" else await _read(answer, remote.most_bytes)
                return answer.status, answer.headers.get("content-type", ""), content
        except TimeoutError as error:
            raise problems.source_slow() from error
        except (aiohttp.ClientError, OSError) as error:
            raise problems.unavailable("Hệ thống của cơ quan cung cấp không trả lời.") from error

    def _opened(self, node: str) -> aiohttp.ClientSession:
        name = node if NODE.match(node) else FIRST
        session = self._sessions.get(name)
        if session is None or session.closed:
            # By an open folder: a socket's path may have 107 bytes only, a data folder's may be longer.
            handle = os.open(self._data / name, os.O_RDONLY | os.O_DIRECTORY)
            connector = aiohttp.UnixConnector(f"/proc/self/fd/{handle}/egress.sock", limit=256)
            session = self._sessions[name] = aiohttp.ClientSession(
                connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("user-agent", "accept"), max_line_size=16 * 1024, max_field_size=16 * 1024,
            )  # fmt: skip
        return session


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body of an answer; one that is larger than allowed is not even read."""
    if (answer.content_length or 0) > most:
        raise problems.answer_unusable(f"trả lời nhiều hơn {most} byte")
    found = bytearray()
    async for part in answer.content.iter_chunked(64 * 1024):
        found += part
        if len(found) > most:
            raise problems.answer_unusable(f"trả lời nhiều hơn {most} byte")
    return bytes(found)


def _chosen(remote: Remote, method: str, path: bytes, code: str) -> Operation:
    """Return the operation a call is of; the gateway has chosen the same one by the same pattern."""
    wanted = "GET" if method == "HEAD" else method
    parts = path.partition(b"?")[0].decode("ascii").removeprefix(f"/{code}").strip("/").split("/")
    for one in remote.operations:
        if one.method == wanted and _fits(one.path.strip("/").split("/"), parts):
            return one
    raise problems.unknown_operation()


def _fits(pattern: list[str], parts: list[str]) -> bool:
    rest = pattern[-1] == "**"
    wanted = pattern[:-1] if rest else pattern
    if len(parts) < len(wanted) or (len(parts) > len(wanted) and not rest):
        return False
    return all((one == "*" and part) or one == part for one, part in zip(wanted, parts, strict=False))


def _check_parameters(operation: Operation, parameters: dict[str, str]) -> None:
    if operation.parameters is None:
        return
    unknown = sorted(set(parameters) - set(operation.parameters))
    if unknown:
        known = ", ".join(operation.parameters) or "(không có)"
        raise problems.bad_request(
            f"Không có tham số: {', '.join(unknown)}.", f"Các tham số nhận được: {known}.",
            known=list(operation.parameters),
        )  # fmt: skip


def _refuse_failure(status: int) -> None:
    if status == 404:  # noqa: PLR2004
        raise problems.record_absent()
    if status in REFUSED_BY_US:
        # The system refuses the gateway's own credential: nothing the caller can do.
        raise problems.answer_unusable("không chấp nhận thông tin xác thực của cổng")
    if status == 504:  # noqa: PLR2004 - the gateway's own word on the way out
        raise problems.source_slow()
    if status in REFUSALS:
        raise problems.source_refused(status)
    if not 200 <= status < 300:  # noqa: PLR2004
        raise problems.unavailable("Hệ thống của cơ quan cung cấp đang lỗi hoặc không trả lời.")


def _refuse_unless_json(kind: str) -> None:
    name = kind.partition(";")[0].strip().lower()
    if name != "application/json" and not (name.startswith("application/") and name.endswith("+json")):
        raise problems.answer_unusable("không trả lời bằng JSON")
