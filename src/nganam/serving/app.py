"""The ASGI application: ``granian --interface asgi nganam.serving.app:application``.

Bare ASGI, since two questions need no framework: a look-up costs about a tenth of a millisecond and runs in the event
loop; a page may read many rows and runs in a thread. It must listen on the loopback address only.
"""

import asyncio
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from nganam.kernel.clock import Clock, SystemClock, local_date
from nganam.kernel.hours import within
from nganam.serving import asking, features, hashing, metaservices, metrics, problems, pushing, remote, spool
from nganam.serving.aggregates import Aggregation, aggregate
from nganam.serving.bodies import NOTHING, Body, Receive, read_body, rfc9530
from nganam.serving.boundaries import Boundaries, Boundary
from nganam.serving.changes import ChangeQuestion, read_changes
from nganam.serving.feature_questions import Features, read_features
from nganam.serving.finding import Asked, Place, Words, near, search
from nganam.serving.journal import FOLDER, Journal
from nganam.serving.plans import Plan, plan
from nganam.serving.problems import Refused
from nganam.serving.reading import PageQuestion, look_up, look_up_each, read_page
from nganam.serving.replicas import Named, Replicas
from nganam.serving.secret import shared_secret
from nganam.serving.slots import Slots
from nganam.serving.snapshot import Grant, Push, Service, Snapshot, read_snapshot
from nganam.serving.watched import Watched

log = structlog.get_logger("nganam.serving")
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
PAGE_THREADS, PUSH_THREADS = 4, 2
MOST_PATH = 2048
NO_BODY, ACCEPTED = (204,), 202
RETRY_AFTER = {429: b"1", 503: b"5"}
encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Answer:
    """A whole answer: status, headers as ASGI wants them, body, and the service it is counted under.

    ``digest`` is the body's SHA-256 when it is known already; ``shared`` is what was shared, in the log's words.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    service: str = ""
    digest: bytes = b""
    shared: dict[str, Any] = field(default_factory=dict)


@dataclass
class Told:
    """A snapshot and the plans made of it so far."""

    snapshot: Snapshot
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)

    def plan_for(self, consumer: str, code: str, at: datetime) -> Plan:
        """Return what the consumer may ask of a service; raise ``Refused``: no such service, or no live grant."""
        known = self.plans.get((consumer, code))
        if known is None:
            service = self.snapshot.services.get(code)
            if service is None:
                raise problems.unknown_service()
            grant = _all_of(service) if service.sandbox else self.snapshot.grants.get(consumer, {}).get(code)
            if grant is None:
                raise problems.not_granted()
            known = self.plans[consumer, code] = plan(consumer, code, service, grant)
        if known.grant.until is not None and at >= known.grant.until:
            raise problems.not_granted()
        if not within(known.grant.hours, at):
            raise problems.outside_hours()
        return known


@dataclass(slots=True)
class Under:
    """The snapshot one request is answered under: the one that granted it, named in the evidence."""

    told: Told | None

    def plan_for(self, consumer: str, code: str, at: datetime) -> Plan:
        """Return what the consumer may ask of a service; raise ``Refused`` as ``Told.plan_for``, or for no snapshot."""
        if self.told is None:
            raise problems.unavailable("Máy chủ dữ liệu chưa nhận cấu hình từ hệ thống quản lý.")
        return self.told.plan_for(consumer, code, at)


class Server:
    """Answers from the files of one data folder."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._root, self._folder = data, data / "serving"
        self._gate = shared_secret(data).encode()
        self._cursor_secret = hmac.new(self._gate, b"cursor", hashlib.sha256).digest()
        self._told = Watched(data / "serving" / "snapshot.json", lambda path: Told(read_snapshot(path)))
        self._replicas = Replicas(data / "replicas")
        self._boundaries = Boundaries(data / "boundaries")
        self._page_slots = asyncio.Semaphore(PAGE_THREADS)
        self._push_slots = asyncio.Semaphore(PUSH_THREADS)
        self._journal = Journal(data / "serving" / FOLDER)
        self._slots = Slots(self._folder)
        self._agencies = remote.Agencies(data, self._gate)

    async def answer(self, scope: Message, receive: Receive | None = None) -> Answer:
        """Answer one request; every refusal is a problem document. What goes to the gateway is in the journal first."""
        began = time.time()
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        if path in {b"/healthz", b"/metrics"}:
            return self._about_itself(path)
        headers = asking.Headers()
        try:
            headers = asking.read_headers(scope["headers"])
            self._check_gate(headers)
        except Refused as refused:
            return _with_digest(_problem(refused, headers.request_id, "", self._portal()), scope)
        heard = hashing.Heard(scope, receive)
        sent = await read_body(heard.receive) if receive and headers.has_body else NOTHING
        under = Under(self._told.value())
        answer = _with_digest(await self._answer(scope, headers, path, sent, under), scope)
        if headers.has_body:
            answer.headers.append((b"x-lgsp-request-digest", sent.digest.encode()))
        answer.headers += [(hashing.NAME, value) for value in (heard.request_hash(),) if value]
        # As it was granted, not as it is now: a newer snapshot may have come while the answer was made.
        number = str(under.told.snapshot.number) if under.told else ""
        answer.headers.append((b"x-lgsp-snapshot", number.encode()))
        try:
            noted = self._noted(scope, headers, path, answer, began, under.told)
            self._journal.write({**noted, "requestSize": sent.size, "requestDigest": sent.digest})
        except OSError:
            log.exception("journal_failed", request_id=headers.request_id)
            refusal = problems.unavailable("Máy chủ dữ liệu không ghi được nhật ký nên không trả dữ liệu.")
            return _with_digest(_problem(refusal, headers.request_id, answer.service, self._portal()), scope)
        return answer

    async def _answer(self, scope: Message, headers: asking.Headers, path: bytes, sent: Body, under: Under) -> Answer:
        code = ""
        try:
            if path.startswith(metaservices.PREFIX):
                return self._meta(scope, headers, path, under.told)
            code = asking.read_service(path)
            if under.told is not None and (push := under.told.snapshot.pushes.get(code)) is not None:
                return await self._pushed(scope, headers, code, path, sent, push)
            return await self._granted(scope, headers, code, path, sent, under)
        except Refused as refused:
            return _problem(refused, headers.request_id, code, self._portal())
        except Exception:
            log.exception("answer_failed", request_id=headers.request_id)
            return _problem(problems.failed(), headers.request_id, code, self._portal())

    def _noted(
        self, scope: Message, headers: asking.Headers, path: bytes, answer: Answer, began: float, told: Told | None
    ) -> dict[str, Any]:
        """Return the journal's line: what the gateway's own would say, as far as it is known here."""
        now, query = time.time(), scope.get("query_string", b"")
        path = path.partition(b"?")[0]
        asked = (path + b"?" + query if query else path)[:MOST_PATH].decode("utf-8", "replace")
        known = _known(told.snapshot, answer.service) if told else None
        return {
            "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "restMethod": scope["method"], "consumer": headers.consumer, "xRequestId": headers.request_id,
            "restPath": asked, "statusCode": answer.status,
            "responseSize": 0 if scope["method"] == "HEAD" else len(answer.body),
            "responseDigest": rfc9530(answer.digest), "digestBy": "server",
            "responseOutMs": round((now - began) * 1000),
            "servingSnapshot": str(told.snapshot.number) if told else None,
            **(_parts(known, answer.service, asked) if known else {}), **answer.shared, **headers.noted,
        }  # fmt: skip

    def _portal(self) -> str:
        told = self._told.value()
        return told.snapshot.portal if told else ""

    def _check_gate(self, headers: asking.Headers) -> None:
        if not headers.consumer or not hmac.compare_digest(headers.gate, self._gate):
            raise problems.not_through_gateway()

    async def _granted(
        self, scope: Message, headers: asking.Headers, code: str, path: bytes, sent: Body, under: Under
    ) -> Answer:
        """Answer who was granted the service, as many at once as it was granted."""
        chosen = under.plan_for(headers.consumer, code, self._clock.now())
        with self._counted(chosen):
            if chosen.service.remote is not None:
                return await self._remote(scope, headers, chosen, path, sent)
            return await self._data(scope, headers, chosen, path, under)

    @contextmanager
    def _counted(self, chosen: Plan) -> Iterator[None]:
        most = chosen.grant.concurrent
        if not most:
            yield
            return
        with self._slots.held((chosen.consumer, chosen.code), most) as is_free:
            if not is_free:
                raise problems.too_many_at_once(most)
            yield

    async def _pushed(
        self, scope: Message, headers: asking.Headers, code: str, path: bytes, body: Body, push: Push
    ) -> Answer:
        """Keep what was pushed, or tell what has become of it: on the disk, so in a thread."""
        began, place, receipt = time.perf_counter(), spool.folder(self._root, code), asking.read_key(path)
        if scope["method"] in {"GET", "HEAD"} and receipt:
            said = await asyncio.to_thread(pushing.find, place, ",".join(receipt), headers.consumer)
            answer = _receipt(200, said, code, push)
        elif scope["method"] == "POST" and receipt is None:
            now = self._clock.now()
            try:
                async with self._push_slots:
                    said, again = await asyncio.to_thread(
                        pushing.receive, place, push, headers, scope["headers"], body, at=now
                    )
            except OSError as error:
                log.exception("push_not_kept", request_id=headers.request_id)
                raise problems.unavailable("Máy chủ không ghi được lần đẩy này nên chưa nhận bản ghi nào.") from error
            answer = _receipt(200 if again else 202, said, code, push)
            answer.headers += [(b"idempotency-replayed", b"true")] * again
        else:
            raise problems.push_method_refused()
        metrics.SECONDS.labels("push").observe(time.perf_counter() - began)
        return answer

    async def _remote(self, scope: Message, headers: asking.Headers, chosen: Plan, path: bytes, body: Body) -> Answer:
        began = time.perf_counter()
        found = await self._agencies.ask(scope, headers, chosen, path, body)
        metrics.SECONDS.labels("agency").observe(time.perf_counter() - began)
        sent = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"private, no-store"),
            (b"x-lgsp-account", chosen.grant.account.encode()),
            (b"x-lgsp-fields", str(len(chosen.names)).encode()),
            (b"x-lgsp-records", str(found.records).encode()),
        ]
        shared = {
            "account": chosen.grant.account, "fields": str(len(chosen.names)), "records": str(found.records),
        }  # fmt: skip
        return Answer(found.status, sent, found.body, chosen.code, shared=shared)

    async def _data(self, scope: Message, headers: asking.Headers, chosen: Plan, path: bytes, under: Under) -> Answer:
        if scope["method"] not in {"GET", "HEAD"}:
            raise problems.method_refused()
        query, began = scope.get("query_string", b""), time.perf_counter()
        asking.check_length(path, query, chosen)
        form = asking.read_form(path) if b"$" in path or b"%24" in path else ""
        key = None if form else asking.read_key(path)
        if key is not None:
            with self._replicas.watched(chosen.service.table):
                answer = self._one(_asked_of(chosen, query) if query else chosen, headers, key)
            metrics.SECONDS.labels("lookup").observe(time.perf_counter() - began)
            return answer
        work = self._work(form, chosen, headers, path, query)
        async with self._page_slots:
            # It may have waited: the grant may be over by now, or another.
            under.told = self._told.value()
            again = under.plan_for(headers.consumer, chosen.code, self._clock.now())
            if again is not chosen:
                work = self._work(form, again, headers, path, query)
            answer = await asyncio.to_thread(self._watched, chosen.service.table, work)
        metrics.SECONDS.labels(form.removeprefix("$") or "page").observe(time.perf_counter() - began)
        return answer

    def _watched(self, table: str, work: Callable[[], Answer]) -> Answer:
        with self._replicas.watched(table):
            return work()

    def _work(
        self, form: str, chosen: Plan, headers: asking.Headers, path: bytes, query: bytes
    ) -> Callable[[], Answer]:  # fmt: skip
        """Return what is left to do in a thread once the question has been read."""
        if form == asking.BATCH:
            keys, fields = asking.read_keys(query)
            return partial(self._each, _narrowed(chosen, fields), headers, keys)
        parameters = asking.read_parameters(query)
        if form == asking.CHANGES:
            changed = asking.read_change_question(parameters, chosen)
            return partial(self._changes, chosen, _narrowed(chosen, changed.fields), headers, changed)
        if form == asking.AGGREGATE:
            return partial(self._aggregate, chosen, headers, asking.read_aggregation(parameters, chosen))
        if form in {asking.SEARCH, asking.NEAR, asking.FEATURES}:
            return self._finding(form, chosen, headers, path, parameters)
        question = asking.read_page_question(parameters, chosen)
        return partial(self._page, chosen, _narrowed(chosen, question.fields), headers, question)

    def _finding(
        self, form: str, chosen: Plan, headers: asking.Headers, path: bytes, parameters: dict[str, str]
    ) -> Callable[[], Answer]:  # fmt: skip
        if form == asking.SEARCH:
            words, asked = asking.read_search(parameters, chosen)
            return partial(self._search, chosen, _narrowed(chosen, asked.fields), headers, words, asked)
        if form == asking.NEAR:
            place, asked = asking.read_near(parameters, chosen)
            return partial(self._near, chosen, _narrowed(chosen, asked.fields), headers, place, asked)
        return partial(self._features, chosen, headers, read_features(asking.read_rest(path), parameters, chosen))

    def _one(self, chosen: Plan, headers: asking.Headers, key: tuple[str, ...]) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        found = look_up(chosen, replica, key)
        named = replica.named
        body = encode({"data": found, "version": named.version, "as_of": _instant(named.as_of)})
        return _json(body, named, chosen, headers, records=1)

    def _page(self, chosen: Plan, shown: Plan, headers: asking.Headers, question: PageQuestion) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        found, following = read_page(chosen, shown, replica, question, self._cursor_secret)
        told = {"data": found, "next": following or None}
        return _told(told, replica.named, shown, headers, records=len(found))

    def _each(self, chosen: Plan, headers: asking.Headers, keys: tuple[str, ...]) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        found = look_up_each(chosen, replica, keys)
        records = sum(one["data"] is not None for one in found)
        return _told({"data": found}, replica.named, chosen, headers, records=records)

    def _changes(self, chosen: Plan, shown: Plan, headers: asking.Headers, question: ChangeQuestion) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        page = read_changes(chosen, shown, replica, question, self._cursor_secret)
        told = {
            "data": page.found, "next": page.following or None, "since": question.since, "next_since": page.next_since,
        }  # fmt: skip
        return _told(told, replica.named, shown, headers, records=len(page.found))

    def _aggregate(self, chosen: Plan, headers: asking.Headers, asked: Aggregation) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        found, hidden = aggregate(chosen, replica, asked)
        told = {"data": found, "suppressed": hidden, "smallest_group": chosen.service.smallest_group}
        return _told(told, replica.named, chosen, headers, records=len(found), fields=len(asked.columns))

    def _search(self, chosen: Plan, shown: Plan, headers: asking.Headers, words: Words, asked: Asked) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        found, following = search(chosen, shown, replica, words, asked, self._cursor_secret)
        return _told({"data": found, "next": following or None}, replica.named, shown, headers, records=len(found))

    def _near(self, chosen: Plan, shown: Plan, headers: asking.Headers, place: Place, asked: Asked) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        area = self._area(place.commune)
        found, following = near(chosen, shown, replica, place, asked, self._cursor_secret, area=area)
        told = {"data": found, "next": following or None, **({"boundary": area.told()} if area else {})}
        return _told(told, replica.named, shown, headers, records=len(found))

    def _area(self, commune: str) -> Boundary | None:
        return self._boundaries.of(commune, local_date(self._clock.now())) if commune else None

    def _features(self, chosen: Plan, headers: asking.Headers, asked: Features) -> Answer:
        replica = self._replicas.open(chosen.service.table)
        told = self._told.value()
        base = features.base_of(chosen, told.snapshot.gateway if told else "")
        area = self._area(asked.commune)
        made = features.answer(chosen, replica, replace(asked, area=area), base, self._cursor_secret)
        return _json(encode(made.said), replica.named, chosen, headers, records=made.records, kind=made.kind)

    def _meta(self, scope: Message, headers: asking.Headers, path: bytes, told: Told | None) -> Answer:
        if told is None:
            raise problems.unavailable("Máy chủ dữ liệu chưa nhận cấu hình từ hệ thống quản lý.")
        sent = [(b"content-type", b"application/json"), (b"cache-control", b"private, no-cache")]
        try:
            body = metaservices.answer(
                told.snapshot, headers.consumer, path.split(b"?", 1)[0], scope.get("query_string", b""),
                at=self._clock.now(), folder=self._folder,
            )  # fmt: skip
        except metaservices.MetaRefused as refused:
            kind = (b"x-road-error", refused.kind.encode())
            return Answer(refused.status, [*sent, kind], refused.as_json(headers.request_id))
        return Answer(200, sent, body)

    def _about_itself(self, path: bytes) -> Answer:
        if path == b"/metrics":
            return Answer(200, [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")], metrics.exposition())
        told = self._told.value()
        body = {"status": "ok" if told else "waiting", "snapshot": told.snapshot.number if told else None}
        return Answer(200 if told else 503, [(b"content-type", b"application/json")], encode(body))


def _known(snapshot: Snapshot, code: str) -> str:
    """Return the identifier of what was asked, a service or the door of a table; "" for neither."""
    known = snapshot.services.get(code) or snapshot.pushes.get(code)
    return known.path if known else ""


def _receipt(status: int, said: pushing.Said, code: str, push: Push) -> Answer:
    sent = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"private, no-store"),
        (b"location", f"/r1/{push.path}/{said.receipt}".encode()),
    ]
    if status != ACCEPTED:  # nothing was shared by asking again
        return Answer(status, sent, encode(said), code)
    sent.append((b"x-lgsp-records", str(said.records).encode()))
    return Answer(status, sent, encode(said), code, shared={"records": str(said.records)})


@lru_cache(maxsize=256)
def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@lru_cache(maxsize=256)
def _http_date(at: datetime) -> bytes:
    return format_datetime(at.astimezone(UTC), usegmt=True).encode()


def _with_digest(answer: Answer, scope: Message) -> Answer:
    """Say the digest of what is sent (RFC 9530), and of the whole representation where only its headers are sent."""
    answer.digest = answer.digest or hashlib.sha256(answer.body).digest()
    text = rfc9530(answer.digest).encode()
    if answer.status == 304 or scope["method"] == "HEAD":  # noqa: PLR2004
        answer.headers.append((b"repr-digest", text))
        answer.digest = hashlib.sha256(b"").digest()
        text = rfc9530(answer.digest).encode()
    answer.headers.append((b"content-digest", text))
    return answer


def _all_of(service: Service) -> Grant:
    """Return what everybody may see of a sandbox: all there is, since it is nobody's."""
    return Grant("", tuple(one.name for one in service.fields))


def _parts(path: str, asked_as: str, asked: str) -> dict[str, str]:
    """Return the service's identifier in the log's words, and the address as the caller wrote it."""
    instance, _class, member, subsystem, code = (path.split("/") + [""] * 5)[:5]
    rest = asked.lstrip("/").partition(asked_as)[2] if asked_as else asked
    return {
        "serviceXRoadInstance": instance, "serviceMemberCode": member, "serviceSubsystemCode": subsystem,
        "serviceCode": code, "restPath": f"/r1/{path}{rest}",
    }  # fmt: skip


def _asked_of(chosen: Plan, query: bytes) -> Plan:
    """Return the plan of a look-up that has parameters: it takes ``fields`` only."""
    parameters = asking.read_parameters(query)
    asking.refuse_unknown(parameters, ("fields",), ("fields",))
    return _narrowed(chosen, asking.read_fields(parameters))


def _narrowed(chosen: Plan, fields: tuple[str, ...]) -> Plan:
    return chosen.narrowed(fields) if fields else chosen


def _told(
    said: dict[str, Any], named: Named, chosen: Plan, headers: asking.Headers, *, records: int,
    fields: int | None = None,
) -> Answer:  # fmt: skip
    """Return an answer with the version it is of and the instant that stands for."""
    body = encode({**said, "version": named.version, "as_of": _instant(named.as_of)})
    return _json(body, named, chosen, headers, records=records, fields=fields)


def _json(
    body: bytes, named: Named, chosen: Plan, headers: asking.Headers, *, records: int, fields: int | None = None,
    kind: str = "application/json",
) -> Answer:  # fmt: skip
    shown = str(len(chosen.names) if fields is None else fields)
    digest = hashlib.sha256(body).digest()
    etag = f'"{digest[:12].hex()}"'
    sent = [
        (b"content-type", kind.encode()),
        (b"etag", etag.encode()),
        (b"last-modified", _http_date(named.as_of)),
        (b"cache-control", b"private, no-cache"),
        (b"x-lgsp-account", chosen.grant.account.encode()),
        (b"x-lgsp-fields", shown.encode()),
        (b"x-lgsp-records", str(records).encode()),
        (b"x-lgsp-version", str(named.version).encode()),
    ]
    shared = {
        "account": chosen.grant.account, "fields": shown, "records": str(records),
        "version": str(named.version),
    }  # fmt: skip
    is_known = headers.etag and (headers.etag == "*" or etag in headers.etag)
    return Answer(304 if is_known else 200, sent, b"" if is_known else body, chosen.code, digest, shared)


def _problem(refused: Refused, request_id: str, service: str, portal: str) -> Answer:
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if refused.status in RETRY_AFTER:
        headers.append((b"retry-after", RETRY_AFTER[refused.status]))
    # An unknown name is the caller's text: as a label it would grow the figures without end.
    counted = "" if refused.code == "unknown_service" else service
    return Answer(refused.status, headers, refused.as_json(request_id, portal), counted)


_server: Server | None = None
_making = threading.Lock()


def _here() -> Server:
    global _server  # noqa: PLW0603 - one server per process, made when the first request or the start-up comes
    with _making:
        if _server is None:
            _server = Server(Path(os.environ.get("NGANAM_DATA") or "var").resolve())
    return _server


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer ASGI: HTTP requests, and the start and end of the process."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        answer = await (_server or _here()).answer(scope, receive)
        metrics.ANSWERS.labels(answer.service, answer.status).inc()
        # RFC 9110 8.6: a 204 has no length.
        length = [] if answer.status in NO_BODY else [(b"content-length", str(len(answer.body)).encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, *length]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _here()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
