"""The collector: ``python -m nganam.lgsp.evidence.collector --data DIR``. From log files to the signed tree.

The one writer of the evidence. A turn reads what gateways and data servers have written since the last one, puts it
into the tree, waits for the disk, records size and positions together in one file, and signs. Killed anywhere, the next
start goes on from the last record: what was written beyond it is read and written again, and no checkpoint covers it.
"""

import argparse
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import structlog

from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence import reconciling
from nganam.lgsp.evidence.guard import FREE_MB, MEGABYTE, Guard
from nganam.lgsp.evidence.lines import decoded, entries_of, read
from nganam.lgsp.evidence.log import State
from nganam.lgsp.evidence.nodes import CURRENT, PATTERN, journals_of, nodes_of
from nganam.lgsp.evidence.notes import Checkpoint, checkpoint_body, read_checkpoint
from nganam.lgsp.evidence.reconciling import Reconciler, Waiting
from nganam.lgsp.evidence.sources import LONGEST_LINE, Source, read_chunk, sources_of
from nganam.lgsp.evidence.stamping import Stamper
from nganam.lgsp.evidence.tiles import CHECKPOINT
from nganam.lgsp.evidence.tree import Tree

log = structlog.get_logger("nganam.lgsp.collector")
TURN = 0.25
MOST_LINES = 50_000
SEAL_EVERY = 60
HEARTBEAT = 3600
DEEDS = "deeds"
MOST_RECOVERED = 1000
LONGEST_REST = 10.0


@dataclass
class Turn:
    """What one turn did."""

    entries: int = 0
    behind: bool = False
    checkpoint: Checkpoint | None = None
    sealed: bool = False


class Collector:
    """The log of one data folder, opened for writing; one at a time."""

    def __init__(self, data: Path, public_url: str = files.DEFAULT_URL) -> None:
        self.data, self.folder = data, data / files.FOLDER
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.signer = files.signer(data, public_url)
        self._open()

    def _open(self) -> None:
        self.state = files.read_state(self.folder)
        self._refuse_the_past()
        self.tree = Tree(self.folder, self.state.size)
        self._reconciler = Reconciler()
        for path, offset in self.state.pending:
            self._wait_again(path, offset)
        if self.state.size and self._signed() is None:
            self._sign()

    def _refuse_the_past(self) -> None:
        """Refuse to go on from a record older than a checkpoint we signed: it would become another log."""
        signed = files.last_sealed(self.folder)
        with suppress(OSError):
            signed.append((self.folder / CHECKPOINT).read_text(encoding="utf-8"))
        keys = files.keys_of(self.folder)
        for note in signed:
            with suppress(ValueError):
                if read_checkpoint(note, keys).size > self.state.size:
                    raise files.Broken(
                        "Thư mục evidence cũ hơn điểm kiểm tra đã ký.",
                        hint="Khôi phục cả thư mục evidence từ bản sao lưu mới nhất; xem docs/operate.md.",
                    )

    def _signed(self) -> Checkpoint | None:
        found = files.latest(self.folder)
        return found if found and found.size == self.state.size else None

    def _wait_again(self, path: str, offset: int) -> None:
        entry = reconciling.recovered_entry(Waiting(path, offset, 0, ""))
        if entry is not None:
            said = decoded(entry.content)
            given = datetime.fromisoformat(entry.at).timestamp()
            self._reconciler.waiting[entry.request_id] = Waiting(path, offset, given, str(said.get("node", "")))

    # -- a turn --

    def turn(self) -> Turn:
        """Do one turn. After an error the last record is taken up again, so that a turn is done whole or not at all."""
        try:
            return self._turn()
        except BaseException:
            self.tree.close()
            self._open()
            raise

    def _turn(self) -> Turn:
        done = Turn()
        running = reconciling.states(nodes_of(self.data)) if self._reconciler.waiting else {}
        state = replace(self.state, positions=dict(self.state.positions), recovered=dict(self.state.recovered))
        until = self._read_lines(state, done)
        self._read_journals(state, until if done.behind else "")
        if running and not done.behind:
            self._recover(state, running, done)
        moved = state.positions != self.state.positions or done.entries
        if moved:
            self._record(state)
            done.checkpoint = self._sign()
        done.sealed = self._seal_when_due()
        return done

    def _sources(self) -> Iterator[Source]:
        yield from sources_of(self.folder / DEEDS, "", "*.jsonl")
        for node in nodes_of(self.data):
            yield from sources_of(node.log, node.name, PATTERN, CURRENT)

    def _read_lines(self, state: State, done: Turn) -> str:
        """Take in lines; return an instant after all calls of theirs."""
        until = ""
        for source in self._sources():
            room = MOST_LINES - done.entries
            if room <= 0:
                done.behind = True
                break
            offset = state.positions.get(source.identity, 0)
            chunk = read_chunk(source, offset, room)
            until = max(until, self._take(chunk.lines, source.node, state, done))
            if chunk.end != offset or offset == 0:
                state.positions[source.identity] = chunk.end
            done.behind = done.behind or not chunk.is_all
        return until

    def _take(self, lines: list[bytes], node: str, state: State, done: Turn) -> str:
        taken: list[bytes] = []
        came, recovered, last = self._reconciler.line_came, state.recovered, None
        for raw in lines:
            for entry in entries_of(raw, node, recovered):
                taken.append(entry.content)
                if entry.request_id:
                    came(entry.request_id)
                    last = entry
        self.tree.extend(taken)
        done.entries += len(taken)
        return _end_of(last.content) if last else ""

    def _read_journals(self, state: State, until: str) -> None:
        for folder in journals_of(self.data):
            for source in sources_of(folder, folder.parent.name, "*.jsonl"):
                offset = state.positions.get(source.identity, 0)
                state.positions[source.identity] = self._reconciler.read_journal(source, offset, until, MOST_LINES)

    def _recover(self, state: State, running: dict[str, float | None], done: Turn) -> None:
        for request_id, one in self._reconciler.lost(running).items():
            entry = reconciling.recovered_entry(one)
            del self._reconciler.waiting[request_id]
            if entry is not None:
                state.recovered[request_id] = self.tree.size
                self.tree.extend([entry.content])
                done.entries += 1
        for old in list(state.recovered)[:-MOST_RECOVERED]:
            del state.recovered[old]

    # -- recording and signing --

    def _record(self, state: State) -> None:
        self.tree.flush()
        state.size, state.root = self.tree.size, self.tree.root().hex()
        state.pending = [(one.path, one.offset) for one in self._reconciler.waiting.values()]
        files.write_state(self.folder, state)
        self.state = state
        self.tree.forget_partial()

    def _sign(self) -> Checkpoint:
        key = self.signer.key
        body = checkpoint_body(key.name, self.state.size, bytes.fromhex(self.state.root))
        note = self.signer.sign(body, int(time.time()))
        files.replace(self.folder / CHECKPOINT, note.encode(), sync=False)
        return read_checkpoint(note, [key])

    def _seal_when_due(self) -> bool:
        """Put a checkpoint into the history: a minute after the last when the tree has grown, else each hour."""
        age = time.time() - self.state.sealed_at
        grown = self.state.size > self.state.sealed_size
        if not self.state.size or age < (SEAL_EVERY if grown else HEARTBEAT):
            return False
        self.seal()
        return True

    def seal(self) -> Checkpoint:
        """Sign now and put the checkpoint into the history."""
        made = self._sign()
        files.add_to_history(self.folder, made)
        self.state = replace(self.state, sealed_at=made.at, sealed_size=made.size)
        files.write_state(self.folder, self.state)
        return made

    # -- old files --

    def rotate(self, large: int, oldest: timedelta) -> list[Path]:
        """Put log files aside that have grown large or old and let their gateway begin others; return those put aside.

        Lines written between the two steps go to the file put aside, which goes on being read: none is lost.
        """
        now, aside = datetime.now(UTC), []
        for node in nodes_of(self.data):
            present = node.log / CURRENT
            if _is_due(present, large, now - oldest):
                moved = present.with_name(f"access-{now:%Y%m%dT%H%M%S%f}.log")
                present.rename(moved)
                node.reopen_logs()
                aside.append(moved)
        return aside

    def forget_read(self, older: timedelta) -> list[Path]:
        """Remove files that are in the tree whole and nobody writes any more: logs put aside, journals, deeds."""
        before = time.time() - older.total_seconds()
        waiting = {one.path for one in self._reconciler.waiting.values()}
        gone = []
        journals = [
            one for folder in journals_of(self.data) for one in sources_of(folder, folder.parent.name, "*.jsonl")
        ]
        for source in [*self._sources(), *journals]:
            entry = source.path.stat()
            is_read = self.state.positions.get(source.identity) == entry.st_size
            if source.is_current or not is_read or entry.st_mtime > before or str(source.path) in waiting:
                continue
            if source not in journals or not reconciling.is_in_use(source.path):
                source.path.unlink()
                gone.append(source.path)
        return gone


def _end_of(entry: bytes) -> str:
    """Return an instant after the end of a call, as text that compares as time does."""
    said = decoded(entry)
    try:
        began = datetime.fromisoformat(str(said["at"]))
        took = timedelta(milliseconds=int(said.get("responseOutMs", 0)) + 1000)
    except (ValueError, TypeError, OverflowError):
        return ""
    return instant(began + took)


def instant(at: datetime) -> str:
    """Return an instant as the logs write it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _is_due(path: Path, large: int, before: datetime) -> bool:
    with suppress(FileNotFoundError, ValueError), path.open("rb") as file:
        if os.fstat(file.fileno()).st_size >= large:
            return True
        first = read(file.readline(LONGEST_LINE).rstrip(b"\n"))
        return first is not None and datetime.fromisoformat(first["at"]) < before
    return False


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the right to write the log; raise ``Broken`` when another process has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise files.Broken("Đã có một tiến trình collector ghi thư mục evidence này.") from error
        yield


class Runner:
    """The loop around the turns: the guard of the disk, sealing, timestamps, old files, and a note for the pages."""

    def __init__(self, data: Path, settings: "Settings") -> None:
        self.data, self.settings = data, settings
        self.collector = Collector(data, settings.public_url)
        self.guard = Guard(settings.free_mb * MEGABYTE)
        self.stamper = Stamper(data / files.FOLDER, settings.tsa_url) if settings.tsa_url else None
        self.stopping = False
        self._tended = 0.0
        self._failures = 0

    def run(self) -> None:
        """Turn until told to stop; a failing turn is logged and tried again after a rest."""
        while not self.stopping:
            done, error = Turn(), ""
            try:
                free = self.guard.look(self.data / files.FOLDER, [node.folder for node in nodes_of(self.data)])
                done = self.collector.turn()
                self._after(done)
                self._failures = 0
            except Exception as failed:
                log.exception("collector_failed")
                error, free = type(failed).__name__, 0
                self._failures += 1
            self._tell(free, error)
            if not done.behind:
                time.sleep(min(TURN * 2**self._failures, LONGEST_REST))
        with suppress(Exception):
            self.collector.turn()

    def _after(self, done: Turn) -> None:
        if done.sealed and self.stamper:
            self.stamper.stamp(files.latest(self.collector.folder))
        if time.monotonic() - self._tended > SEAL_EVERY:
            self._tended = time.monotonic()
            self.collector.rotate(self.settings.large_file, self.settings.oldest_file)
            self.collector.forget_read(self.settings.keep_read)

    def _tell(self, free: int, error: str) -> None:
        said = {
            "at": time.time(), "size": self.collector.state.size, "free": free, "refusing": self.guard.refusing,
            "must_be_free": self.guard.must_be_free, "error": error,
            "waiting": len(self.collector.state.pending),
            "stamping": self.stamper.trouble if self.stamper else "",
        }  # fmt: skip
        with suppress(OSError):  # on a full disk the old note stays, and the pages say that it is old
            files.replace(self.data / files.FOLDER / "status.json", json.dumps(said).encode(), sync=False)

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """End after this turn."""
        self.stopping = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set, from ``NGANAM_…``."""

    public_url: str = files.DEFAULT_URL
    free_mb: int = FREE_MB
    tsa_url: str = ""
    large_file: int = 256 * 1024 * 1024
    oldest_file: timedelta = timedelta(days=1)
    keep_read: timedelta = timedelta(days=1)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment."""
        return cls(
            public_url=os.environ.get("NGANAM_PUBLIC_URL") or files.DEFAULT_URL,
            free_mb=int(os.environ.get("NGANAM_EVIDENCE_FREE_MB") or FREE_MB),
            tsa_url=os.environ.get("NGANAM_TSA_URL") or "",
        )


def main() -> int:
    """Collect until SIGTERM or SIGINT; 1 when the folder is another's or contradicts itself."""
    parser = argparse.ArgumentParser(prog="nganam.lgsp.evidence.collector")
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data.resolve()
    try:
        with only_one(data / files.FOLDER):
            runner = Runner(data, Settings.from_environment())
            signal.signal(signal.SIGTERM, runner.stop)
            signal.signal(signal.SIGINT, runner.stop)
            runner.run()
    except files.Broken as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
