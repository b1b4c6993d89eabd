"""Log files of the supervised processes."""

from pathlib import Path

from nganam.site.logfiles import RotatingLog


def test_lines_are_returned_whole_even_when_they_arrive_in_parts(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "log" / "web.log")
    assert log.write("một\nh".encode()) == ["một"]
    assert log.write(b"ai\n\nba") == ["hai"]
    assert log.write(b"") == ["ba"]
    assert (tmp_path / "log" / "web.log").read_text(encoding="utf-8") == "một\nhai\n\nba"


def test_a_large_file_is_moved_aside_and_old_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = RotatingLog(folder / "web.log", limit=10, keep=2)
    for number in range(6):
        log.write(f"dòng số {number} dài\n".encode())
    log.close()
    assert sorted(path.name for path in folder.iterdir()) == ["web.log", "web.log.1", "web.log.2"]
    assert "số 5" in (folder / "web.log").read_text(encoding="utf-8")
    assert "số 4" in (folder / "web.log.1").read_text(encoding="utf-8")
