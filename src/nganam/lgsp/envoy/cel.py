"""Conditions of policies as Envoy takes them: parsed CEL expressions, built from small parts."""

from collections.abc import Sequence
from functools import reduce

from nganam.kernel.hours import Window
from nganam.lgsp.envoy.shapes import Json

DAY, WEEK = 86_400, 7 * 86_400
SINCE_MONDAY = 7 * 3600 + 3 * DAY
"""Vietnam is seven hours ahead the whole year, and the epoch began on a Thursday."""


def name(text: str) -> Json:
    """Return an attribute: ``connection``, ``request``, ``metadata``."""
    return {"ident_expr": {"name": text}}


def member(of: Json, field: str) -> Json:
    """Return ``of.field``."""
    return {"select_expr": {"operand": of, "field": field}}


def text(value: str) -> Json:
    """Return a string."""
    return {"const_expr": {"string_value": value}}


def number(value: int) -> Json:
    """Return a whole number."""
    return {"const_expr": {"int64_value": str(value)}}


def call(function: str, *arguments: Json, on: Json | None = None) -> Json:
    """Return a call of a function, or of a method ``on`` something."""
    target = {} if on is None else {"target": on}
    return {"call_expr": {**target, "function": function, "args": list(arguments)}}


def at(of: Json, key: str) -> Json:
    """Return ``of['key']``."""
    return call("_[_]", of, text(key))


def equal(left: Json, right: Json) -> Json:
    """Return ``left == right``."""
    return call("_==_", left, right)


def differs(left: Json, right: Json) -> Json:
    """Return ``left != right``."""
    return call("_!=_", left, right)


def both(left: Json, right: Json) -> Json:
    """Return ``left && right``."""
    return call("_&&_", left, right)


def either(left: Json, right: Json) -> Json:
    """Return ``left || right``."""
    return call("_||_", left, right)


def less(left: Json, right: Json) -> Json:
    """Return ``left < right``."""
    return call("_<_", left, right)


def opposite(of: Json) -> Json:
    """Return ``!of``."""
    return call("!_", of)


def one_of(of: Json, values: list[str]) -> Json:
    """Return ``of in [values]``."""
    return call("@in", of, {"list_expr": {"elements": [text(one) for one in values]}})


def ends_as(of: Json, prefix: str, end: Json) -> Json:
    """Return whether ``of`` is ``prefix`` followed by ``end``: Envoy's CEL joins no strings."""
    long = equal(call("size", of), call("_+_", call("size", end), number(len(prefix))))
    return both(long, both(call("startsWith", text(prefix), on=of), call("endsWith", end, on=of)))


def request_header(header: str) -> Json:
    """Return a header of the request, every occurrence of it joined by commas."""
    return at(member(name("request"), "headers"), header)


def claim(key: str) -> Json:
    """Return a claim of the checked token."""
    return at(at(at(member(name("metadata"), "filter_metadata"), "envoy.filters.http.jwt_authn"), "payload"), key)


def in_time(until: int, hours: Sequence[Window]) -> Json:
    """Return whether the call is made before an instant (0: none) and within hours of the week (none: always)."""
    parts = [less(SECONDS, number(until))] if until else []
    if hours:
        windows = [_in_window(day * DAY, one) for one in hours for day in one.days]
        parts.append(reduce(either, windows) if windows else less(SECONDS, number(0)))
    return reduce(both, parts)


def _in_window(midnight: int, window: Window) -> Json:
    since, until = (number(midnight + minute * 60) for minute in (window.since, window.until))
    return both(opposite(less(OF_WEEK, since)), less(OF_WEEK, until))


SECONDS = call("int", member(name("request"), "time"))
OF_WEEK = call("_%_", call("_+_", SECONDS, number(SINCE_MONDAY)), number(WEEK))
PEER_DIGEST = member(name("connection"), "sha256_peer_certificate_digest")
PEER_IDENTITY = member(name("connection"), "uri_san_peer_certificate")
