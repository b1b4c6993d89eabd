"""The index is rebuilt by several workers at once, and by workers that die."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from nganam.portal.search import Document, rebuild, search


def documents(number: int) -> list[Document]:
    return [Document("dataset", f"D{one}", f"/{one}/", f"Khí hậu {one}", "", "", "CT-SYT") for one in range(number)]


def folders(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if one.is_dir()}


def test_workers_that_rebuild_at_once_take_turns_and_the_last_reads_the_newest(data):
    folder, turn = data / "search", count(1)

    def as_it_stands():
        yield from documents(next(turn))

    with ThreadPoolExecutor(6) as workers:
        made = list(workers.map(lambda _number: rebuild(as_it_stands(), folder), range(6)))
    assert sorted(made) == [1, 2, 3, 4, 5, 6]
    assert search("khi hau", folder).total == 6
    assert len(folders(folder)) == 2


def test_a_rebuild_that_fails_leaves_the_old_index_in_place(data):
    folder = data / "search"
    rebuild(documents(2), folder)

    def broken():
        yield documents(1)[0]
        raise ValueError("the database is gone")

    with pytest.raises(ValueError, match="gone"):
        rebuild(broken(), folder)
    assert search("khi hau", folder).total == 2
    assert rebuild(documents(3), folder) == 3
    assert folders(folder) == {"1", "3"}


def test_what_killed_rebuilds_left_is_swept_away(data):
    folder = data / "search"
    rebuild(documents(2), folder)
    for left in ("2", "3"):
        (folder / left).mkdir()
        (folder / left / "half").write_bytes(b"x")
    assert rebuild(documents(3), folder) == 3
    assert search("khi hau", folder).total == 3
    assert folders(folder) == {"1", "4"}
