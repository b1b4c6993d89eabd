"""Answers in the journal without a line at the gateway: found, waited for, and recovered."""

import fcntl
import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from nganam.lgsp.evidence.lines import RECOVERED, Entry, encoded, parts_of
from nganam.lgsp.evidence.nodes import Node
from nganam.lgsp.evidence.sources import LONGEST_LINE, Source, read_chunk

GRACE = 2.0
"""Seconds a line may take from a living gateway's end of a call to its file."""
LONGEST_CALL = 330.0
"""Seconds after which no call of a living gateway goes on: it ends them after 300."""
GENERATION = 100_000
MOST_PENDING = 200_000


class Noted(msgspec.Struct):
    """What reconciling needs of a journal's line."""

    xRequestId: str = ""  # noqa: N815 - the log's name
    at: str = ""
    node: str = ""


class Waiting(NamedTuple):
    """An answer whose line has not come: where it stands in which journal, when it was given, through which node."""

    path: str
    offset: int
    at: float
    node: str


_noted = msgspec.json.Decoder(Noted).decode


@dataclass
class Reconciler:
    """Compares journals with lines. Either may come first; lines are remembered for a while."""

    waiting: dict[str, Waiting] = field(default_factory=dict)
    _recent: set[str] = field(default_factory=set)
    _older: set[str] = field(default_factory=set)

    def line_came(self, request_id: str) -> None:
        """Note a line of the gateway."""
        self.waiting.pop(request_id, None)
        self._recent.add(request_id)
        if len(self._recent) >= GENERATION:
            self._older, self._recent = self._recent, set()

    def read_journal(self, source: Source, offset: int, until: str, most: int) -> int:
        """Read a journal up to answers later than ``until`` ("" for all); return the offset reached."""
        while len(self.waiting) < MOST_PENDING:
            chunk = read_chunk(source, offset, most)
            last = ""
            for line in chunk.lines:
                last = self._note(source, offset, line) or last
                offset += len(line) + 1
            offset = chunk.end
            if chunk.is_all or not chunk.lines or (until and last > until):
                break
        return offset

    def _note(self, source: Source, offset: int, line: bytes) -> str:
        """Note an answer; return when it was given. What cannot be read was not written whole, and so not sent."""
        try:
            noted = _noted(line.decode(errors="replace"))
            given = datetime.fromisoformat(noted.at).timestamp()
        except ValueError:
            return ""
        known = noted.xRequestId in self._recent or noted.xRequestId in self._older
        if noted.xRequestId and not known:
            self.waiting[noted.xRequestId] = Waiting(str(source.path), offset, given, noted.node)
        return noted.at

    def lost(self, nodes: dict[str, float | None]) -> dict[str, Waiting]:
        """Return the answers whose line will not come. ``nodes`` says since when each gateway runs, if it does.

        Call it when the log files have been read to their ends after ``nodes`` were looked at.
        """
        now = time.time()
        return {key: one for key, one in self.waiting.items() if _is_lost(one, nodes, now)}


def _is_lost(one: Waiting, nodes: dict[str, float | None], now: float) -> bool:
    age = now - one.at
    if age < GRACE:
        return False
    known = [nodes[one.node]] if one.node in nodes else list(nodes.values())
    return age > LONGEST_CALL or all(since is None or since > one.at for since in known)


def recovered_entry(one: Waiting) -> Entry | None:
    """Return the entry of an answer the gateway did not live to log; ``None`` when its journal is gone."""
    try:
        with Path(one.path).open("rb") as file:
            file.seek(one.offset)
            said = msgspec.json.decode(file.readline(LONGEST_LINE).decode(errors="replace"))
    except (OSError, ValueError):
        return None
    said = {name: value for name, value in said.items() if value is not None}
    said |= parts_of(said.pop("service", ""))
    return Entry(encoded({**said, "kind": RECOVERED}), str(said["xRequestId"]), str(said["at"]))


def states(nodes: list[Node]) -> dict[str, float | None]:
    """Return since when each node runs."""
    return {node.name: node.runs_since() for node in nodes}


def is_in_use(path: Path) -> bool:
    """Say whether a data server is writing this journal."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
