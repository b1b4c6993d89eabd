"""The command line: finding commands, refusing unknown ones, the small commands that need no server."""

import csv
from pathlib import Path

import pytest

from nganam.demo.sources import PEOPLE
from nganam.kernel.errors import Invalid
from nganam.site import coverage, plan
from nganam.site.commands import main, overview
from nganam.site.commands.demo import build_province


def test_no_arguments_print_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert overview() in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demoo"]) == 2
    assert "./nganam demo?" in capsys.readouterr().err


def test_half_of_a_command_of_two_words_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 2
    assert "./nganam audit verify?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["messages", "chek"], "chọn một trong"),
        (["messages"], "thiếu tham số: verb"),
        (["demo", "--chek"], "không có tham số --chek"),
        (["generate", "citizens", "-n", "mười"], "-n phải là số nguyên, nhận được 'mười'"),
        (["up", "--data"], "--data cần một giá trị đi kèm"),
    ],
)
def test_wrong_arguments_are_refused_in_vietnamese(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["999", "10000001", "-5", "nhiều"])
def test_a_province_of_no_size_is_refused(capsys: pytest.CaptureFixture[str], asked: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", f"--people={asked}"])
    assert ended.value.code == 2
    assert f"--people cần một số từ 1000 đến 10000000, không phải “{asked}”" in capsys.readouterr().err


def test_a_province_already_made_keeps_its_size(province, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is made anew: what officers did there would be lost."""
    monkeypatch.setattr("nganam.demo.province.build", lambda *_: pytest.fail("made anew"))
    build_province(None)
    build_province(PEOPLE)
    with pytest.raises(Invalid, match=r"20000 công dân, không phải 30000") as refused:
        build_province(30_000)
    assert "NGANAM_DATA" in refused.value.hint


def test_the_help_of_a_command_is_vietnamese(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    told = capsys.readouterr().out
    assert told.startswith("Cách dùng: ./nganam demo")
    assert "options:" not in told
    assert "show this help" not in told


def test_status_of_a_folder_where_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 3
    assert "Không có tiến trình" in capsys.readouterr().out


def test_generated_citizens_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        assert main(["generate", "citizens", "-n", "50", "--seed", "7", "-o", str(path)]) == 0
    assert first.read_bytes() == second.read_bytes()
    with first.open(encoding="utf-8", newline="") as source:
        assert len(list(csv.DictReader(source))) == 50


def test_systemd_units_restart_and_prepare_the_database_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["systemd", "--user", "nn", "--data", "/srv/nn"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("Restart=always") == len(plan.ALL)
    assert printed.count("ExecStartPre=") == 1
    assert "ReadWritePaths=/srv/nn" in printed
    assert "After=network-online.target postgresql.service nganam-web.service" in printed


@pytest.mark.django_db
def test_the_audit_record_verifies_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out.strip()


def test_law_marks_are_read_from_decorators_and_from_whole_files(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(
        'import pytest\npytestmark = [pytest.mark.law("S1.1")]\n'
        '@pytest.mark.law("S10.2", "S2.1")\n@pytest.mark.parametrize("a", [1])\ndef test_that_holds(a): pass\n',
        encoding="utf-8",
    )
    found = coverage.collect(tmp_path)
    assert sorted(found, key=coverage.order) == ["S1.1", "S2.1", "S10.2"]
    assert found["S10.2"][0].sentence == "that holds"
    assert "[that holds](../../tests/test_some.py)" in coverage.render(found)
