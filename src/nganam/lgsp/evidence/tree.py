"""Writes the tree: entries into bundles, hashes into tiles, all of it on disk before anybody is told a size."""

import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from nganam.lgsp.evidence.merkle import HASH, complete_root, leaf_hash, range_root
from nganam.lgsp.evidence.tiles import HEIGHT, WIDTH, pack, read_bundle, read_wide, tile_path, width_at

FLUSHERS = 32
"""Files flushed at a time: a file system writes many of them in one go, one after the other would wait for each."""


class Tree:
    """The growing edge of a tree that has ``size`` entries on disk; call ``flush`` before telling anybody of more.

    What was written after the last flush that was recorded elsewhere is written again, the same or not: a size nobody
    was told of binds nobody.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self._bundle: list[bytes] = []
        self._edges: list[list[bytes]] = [[]]
        self._flushers = ThreadPoolExecutor(FLUSHERS, "flush")
        self._flushing: list[Future[None]] = []
        self._folders: set[Path] = set()
        self._finished: list[Path] = []
        self._load()

    def _load(self) -> None:
        level = 0
        while self.size >> (HEIGHT * level):
            number, width = divmod(self.size >> (HEIGHT * level), WIDTH)
            tile = read_wide(self.folder, level, number, width) if width else b""
            if len(tile) < width * HASH:
                raise ValueError(f"tile {number} of level {level} is not whole")
            self._edge(level)[:] = [tile[at * HASH : (at + 1) * HASH] for at in range(width)]
            level += 1
        number, width = divmod(self.size, WIDTH)
        self._bundle = read_bundle(self.folder, number, width) if width else []

    def _edge(self, level: int) -> list[bytes]:
        while len(self._edges) <= level:
            self._edges.append([])
        return self._edges[level]

    def extend(self, entries: list[bytes]) -> None:
        """Add entries of 1 to 65 535 bytes."""
        bundle, edge = self._bundle, self._edges[0]
        for entry in entries:
            bundle.append(entry)
            edge.append(leaf_hash(entry))
            self.size += 1
            if len(bundle) == WIDTH:
                number = self.size // WIDTH - 1
                self._write(tile_path("entries", number), pack(bundle))
                self._finished.append(self.folder / f"{tile_path('entries', number)}.p")
                bundle.clear()
                self._full(0, number)

    def _full(self, level: int, number: int) -> None:
        edge = self._edge(level)
        self._write(tile_path(level, number), b"".join(edge))
        self._finished.append(self.folder / f"{tile_path(level, number)}.p")
        above = self._edge(level + 1)
        above.append(complete_root(edge))
        edge.clear()
        if len(above) == WIDTH:
            self._full(level + 1, number // WIDTH)

    def root(self) -> bytes:
        """Return the root over all entries."""
        return range_root(self._node, 0, self.size)

    def _node(self, level: int, index: int) -> bytes:
        edge, height = self._edges[level // HEIGHT], level % HEIGHT
        at = (index << height) % WIDTH
        return complete_root(edge[at : at + (1 << height)])

    def flush(self) -> None:
        """Write the partial tiles of the present size and wait until everything written is on disk."""
        for level, edge in enumerate(self._edges):
            if edge:
                number = (self.size >> (HEIGHT * level)) // WIDTH
                self._write(tile_path(level, number, width_at(self.size, level, number)), b"".join(edge))
        if self._bundle:
            self._write(tile_path("entries", self.size // WIDTH, len(self._bundle)), pack(self._bundle))
        self._sync()

    def _write(self, path: str, content: bytes) -> None:
        kept = self.folder / path
        if not kept.parent.exists():
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folders.update(one for one in kept.parents if one.is_relative_to(self.folder))
        self._folders.add(kept.parent)
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            written = os.write(handle, content)
            while written < len(content):
                written += os.write(handle, content[written:])
        except BaseException:
            os.close(handle)
            raise
        self._flushing.append(self._flushers.submit(_flush, handle))

    def _sync(self) -> None:
        flushing, self._flushing = self._flushing, []
        for one in flushing:
            one.result()
        for folder in self._folders:
            sync_folder(folder)
        self._folders.clear()

    def forget_partial(self) -> None:
        """Remove the partial tiles that full ones have replaced; call when the size is recorded."""
        for folder in self._finished:
            with suppress(FileNotFoundError):
                shutil.rmtree(folder)
        self._finished.clear()

    def close(self) -> None:
        """Let go of the threads, when what was not flushed is to be forgotten."""
        self._flushers.shutdown()


def _flush(handle: int) -> None:
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
