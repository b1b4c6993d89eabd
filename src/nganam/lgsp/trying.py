"""The console's one call: through the real gateway to a service or its sandbox twin, for an officer to see.

It goes to our own gateway's address and nowhere else, follows nothing, waits and reads so far only. The token of a call
is made for it or was pasted for it, and is kept, shown and logged nowhere.
"""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.lgsp import queries
from nganam.lgsp.sandbox_tokens import console_token
from nganam.services.models import Service
from nganam.services.sandbox import has_twin
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import live_accounts
from nganam.sharing.models import Application
from nganam.sharing.sandbox import policies

SECONDS = 8.0
MOST_BYTES = 64 * 1024
MOST_SHOWN = 20_000
LONGEST_TOKEN = 8192
TOLD = (
    "content-type", "x-nganam-sandbox", "x-request-id", "x-road-service", "x-road-error", "x-lgsp-fields",
    "x-lgsp-records", "x-lgsp-version", "x-lgsp-snapshot", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "retry-after", "content-digest",
)  # fmt: skip
"""Headers worth showing; whatever else an answer carries is left out."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service over the warehouse: a record by its key's parts, or a page by parameters.

    ``form`` is a reserved word of the data server (``$batch``…) for other questions, ``keys`` what a batch asks for.
    """

    key: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    keys: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters in order; ``key`` may stand several times."""
        return [*(("key", one) for one in self.keys), *self.parameters.items()]

    @property
    def segment(self) -> str:
        """Return what stands behind the service's address, percent-encoded, without parameters."""
        return "/" + (self.form or ",".join(quote(one, safe="") for one in self.key))

    @property
    def rest(self) -> str:
        """Return all that stands behind the service's address."""
        return self.segment + (f"?{urlencode(self.pairs)}" if self.pairs else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``trouble`` says why nothing did; ``problem`` is the refusal's document."""

    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    milliseconds: int = 0
    is_cut: bool = False
    problem: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """Say whether data were answered."""
        return httpx.codes.is_success(self.status)


def accounts_for(actor: Actor, service: Service, at: datetime) -> QuerySet[Account]:
    """Return the accounts by which the officer's own agency may call a service."""
    return live_accounts(local_date(at)).filter(service=service, application__agency__code=actor.agency)


def try_sandbox(
    service: Service, question: Question, application: Application, *, actor: Actor, at: datetime
) -> Answer:
    """Call the twin of a service with a token made for this call alone; raise ``NotAllowed``."""
    _check(service, application, actor)
    return _call(queries.sandbox_url(service), question, console_token(application, at=at), actor)


def try_live(
    service: Service, question: Question, application: Application, *, actor: Actor, at: datetime, token: str = ""
) -> Answer:
    """Call the service itself with a pasted token, or with a test token to see the refusal; raise ``NotAllowed``.

    The gateway decides what the token opens. That an officer's page called is in the record of deeds; the token is not.
    """
    _check(service, application, actor)
    shown = _token(token)
    if shown and _subject(shown) != application.subject:
        said = _("Mã truy cập này không phải của ứng dụng đã chọn.")
        raise Invalid(said, fields={"token": [said]})
    if shown and not accounts_for(actor, service, at).exists():
        raise NotAllowed(_("Cơ quan chưa có tài khoản còn hiệu lực cho dịch vụ này."))
    audit.record(
        actor=actor, at=at, action="lgsp.console.called", object_type=Service.MACHINE.code, object_code=service.code,
        agency=actor.agency, details={"application": application.subject, "own_token": bool(shown)},
    )  # fmt: skip
    return _call(queries.service_url(service), question, shown or console_token(application, at=at), actor)


def _check(service: Service, application: Application, actor: Actor) -> None:
    if reason := policies.may_try(actor, application):
        raise NotAllowed(reason)
    if not has_twin(service):
        raise NotAllowed(_("Dịch vụ do hệ thống của cơ quan trả lời, không có bản thử."))


def _token(text: str) -> str:
    found = text.strip().removeprefix("Bearer ").strip()
    if len(found) > LONGEST_TOKEN or not all("!" <= one <= "~" for one in found):
        said = _("Mã truy cập không đúng dạng: dán nguyên access_token.")
        raise Invalid(said, fields={"token": [said]})
    return found


def _subject(token: str) -> str:
    """Return whom a token names, unproven (the gateway proves it): so that nobody's is tried in another's name."""
    parts = token.split(".")
    try:
        said = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, IndexError, RecursionError):
        return ""
    return str(said.get("sub") or "") if isinstance(said, dict) else ""


def _call(address: str, question: Question, token: str, actor: Actor) -> Answer:
    url = address + question.rest
    # Not the proxies of the environment, no redirect: the address is our gateway's and stays so.
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Road-UserId": quote(actor.code, safe=""),
        "Accept-Encoding": "identity",
    }
    began = time.monotonic()
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as reply,
        ):
            content, is_cut = _read(reply.iter_raw(), began + SECONDS)
            return _told(url, reply, content, is_cut, round((time.monotonic() - began) * 1000))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return Answer(url, trouble=_("Không gọi được cổng LGSP (%(kind)s).") % {"kind": type(error).__name__})


def _read(pieces: Iterator[bytes], until: float) -> tuple[bytes, bool]:
    """Read up to ``MOST_BYTES``; a timeout counts each piece, this counts them together."""
    content = b""
    for piece in pieces:
        content += piece
        if len(content) > MOST_BYTES:
            return content[:MOST_BYTES], True
        if time.monotonic() > until:
            raise TimeoutError
    return content, False


def _told(url: str, reply: httpx.Response, content: bytes, is_cut: bool, milliseconds: int) -> Answer:  # noqa: FBT001
    text = content.decode("utf-8", "replace")
    found: Any = None
    if not is_cut and "json" in reply.headers.get("content-type", ""):
        try:
            found = json.loads(text)
            text = json.dumps(found, ensure_ascii=False, indent=2)
        except ValueError:
            found = None
    is_problem = isinstance(found, dict) and not reply.is_success
    return Answer(
        url, reply.status_code, tuple((name, reply.headers[name]) for name in TOLD if name in reply.headers),
        text[:MOST_SHOWN], milliseconds, is_cut or len(text) > MOST_SHOWN, found if is_problem else {},
    )  # fmt: skip
