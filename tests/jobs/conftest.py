"""Jobs of the tests' own, in a module that worker processes can import too."""

import importlib
import os

import pytest

JOBS = '''
import os, time
from pathlib import Path
from nganam.jobs.api import job

@job(max_attempts=1)
def note(folder, text="x"):
    with (Path(folder) / "notes").open("a") as file:
        file.write(text + "\\n")
    return {"text": text}

@job(max_attempts=3, backoff=10)
def flaky(folder, failures):
    tries = Path(folder) / "tries"
    with tries.open("a") as file:
        file.write("x")
    if len(tries.read_text()) <= failures:
        raise ConnectionError("máy chủ bận")
    return "ok"

@job()
def broken():
    return {1, 2}

@job(cron="0 3 * * *")
def nightly():
    return "đêm"

@job()
def slow_once(folder):
    """Hang the first time it runs, end at once the second time."""
    begun = Path(folder) / "begun"
    if not begun.exists():
        begun.write_text(str(os.getpid()))
        time.sleep(120)
    (Path(folder) / "done").write_text(str(os.getpid()))

@job()
def two_seconds(folder):
    (Path(folder) / "begun").write_text("x")
    time.sleep(2)
    (Path(folder) / "done").write_text("x")
'''


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """Return the module of test jobs; the schedule it declares is forgotten afterwards."""
    from nganam.jobs import api

    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "probe_jobs.py").write_text(JOBS, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(api, "_crons", dict(api._crons))
    monkeypatch.setattr(api, "_policies", dict(api._policies))
    monkeypatch.delitem(__import__("sys").modules, "probe_jobs", raising=False)
    yield importlib.import_module("probe_jobs")
    __import__("sys").modules.pop("probe_jobs", None)
