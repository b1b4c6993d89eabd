"""``kill -9`` at random instants of loads and of file making: nothing torn, nothing lost, never a wrong answer.

``NGANAM_KILLS`` says how often (6). A hundred: ``NGANAM_KILLS=100 ./nganam test -m slow`` with this file's path; ``-s``
tells the figures.
"""

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest

from nganam.warehouse import loading, operations, places, queries, taking
from nganam.warehouse.engine import lake, replica
from nganam.warehouse.models import FileState, Load, Version, VersionFile

from .conftest import AT, COLUMNS, LAN, WORKER, as_csv, make_units

ROUNDS = int(os.environ.get("NGANAM_KILLS", "6"))
ROWS = 4_000
LATER = AT + timedelta(hours=1)
NURSERY = """
import os, signal, sys, time
import django
django.setup()
from django.db import connections
from django.utils import timezone
from nganam.kernel.actors import system
from nganam.warehouse import loading, taking
from nganam.warehouse.engine import checking, lake, reading, replica  # what a load needs is there before it is timed

WORKER = system("worker")
for line in sys.stdin:
    kind, name, seconds = line.split()
    connections.close_all()
    child = os.fork()
    if not child:
        if kind == "load":
            loading.run_load(actor=WORKER, now=timezone.now, code=name)
        else:
            taking.make_file(actor=WORKER, now=timezone.now, pk=int(name))
        os._exit(0)
    until = time.monotonic() + float(seconds)
    ended = (0, 0)
    while not ended[0] and time.monotonic() < until:
        time.sleep(0.002)
        ended = os.waitpid(child, os.WNOHANG)
    if not ended[0]:
        os.kill(child, signal.SIGKILL)
        ended = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(ended[1]) else f"ended {os.waitstatus_to_exitcode(ended[1])}", flush=True)
"""
"""Forks a process for each line, which does the work, and kills it after so many seconds."""


def rows_of(number):
    """Return rows that all say of which version they are; of each version one more than of the one before."""
    return [(f"{at:06d}", f"Cơ sở {at} bản {number}", "31498", str(number), "") for at in range(ROWS + number)]


class Reader(threading.Thread):
    """Asks the replica without a pause, as the data server does; keeps what was wrong with an answer."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.wrong, self.answers, self.ended = folder, [], 0, threading.Event()

    def run(self):
        while not self.ended.is_set():
            told = replica.current(self.folder)
            if told is None:
                continue
            try:
                with closing(
                    sqlite3.connect(f"file:{self.folder / told['file']}?mode=ro&immutable=1", uri=True)
                ) as base:
                    found = base.execute("SELECT count(*), min(so_giuong), max(so_giuong) FROM rows").fetchone()
            except sqlite3.OperationalError as error:
                if replica.current(self.folder) == told:  # else a newer one took its place since it was named
                    self.wrong.append((told["version"], str(error)))
                continue
            self.answers += 1
            if found != (ROWS + told["version"], told["version"], told["version"]):
                self.wrong.append((told["version"], found))
            time.sleep(0.005)


@pytest.fixture
def table(committed_db, make_province):
    make_province()
    make_units()
    return operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=COLUMNS)


@pytest.fixture
def nursery(table):
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as made:

        def run(kind, name, seconds):
            made.stdin.write(f"{kind} {name} {seconds}\n")
            made.stdin.flush()
            return made.stdout.readline().strip()

        yield run
        made.stdin.close()


def start(table, number):
    upload = operations.Upload("a.csv", [as_csv(rows_of(number))])
    return operations.start_load(actor=LAN, at=AT, table=table, upload=upload).code


def check_versions(table, number):
    """Every version is whole, in the lake and in its record; each load made one."""
    versions = list(table.versions.order_by("number"))
    assert [one.number for one in versions] == list(range(1, number + 1))
    latest = versions[-1]
    assert set(lake.read(places.lake(table), latest.delta_version, columns=["so_giuong"]).column(0).to_pylist()) == {
        number
    }
    assert latest.rows == ROWS + number
    commits = [one.load for one in lake.history(places.lake(table))]
    assert sorted(commits) == sorted(one.load.code for one in versions)


def check_file(file):
    path = taking.place(file)
    assert (file.state, file.rows) == (FileState.READY, file.version.rows)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    assert [one.name for one in path.parent.iterdir() if one.name not in {path.name, ".lock"}] == []


@pytest.mark.slow
def test_whenever_it_is_killed_nothing_is_torn_lost_or_answered_wrongly(table, nursery, record_property):
    chance = random.Random(47)
    began = time.monotonic()
    assert nursery("load", start(table, 1), 60) == "ended 0"
    took = {"load": time.monotonic() - began}
    reader = Reader(places.replicas(table))
    reader.start()
    killed = {"load": 0, "file": 0}
    try:
        for number in range(2, ROUNDS + 2):
            code = start(table, number)
            killed["load"] += nursery("load", code, chance.uniform(0, took["load"])) == "killed"
            loading.repair(actor=WORKER, now=lambda: LATER)
            assert Load.objects.get(code=code).state == "committed", number
            check_versions(table, number)
            asked = taking.ask_file(actor=LAN, at=AT, version=queries.current_version(table), kind="csv")
            if number == 2:
                began = time.monotonic()
                assert nursery("file", asked.pk, 60) == "ended 0"
                took["file"] = time.monotonic() - began
            else:
                killed["file"] += nursery("file", asked.pk, chance.uniform(0, took["file"])) == "killed"
            taking.resume(actor=WORKER, now=lambda: LATER)
            check_file(VersionFile.objects.select_related("version__table").get(pk=asked.pk))
    finally:
        reader.ended.set()
        reader.join()
    record_property("killed", killed)
    sys.stderr.write(
        f"\n{ROUNDS} rounds: killed {killed['load']} loads, {killed['file']} files; {reader.answers} answers\n"
    )
    assert reader.wrong == []
    assert reader.answers > ROUNDS
    assert killed["load"] >= ROUNDS // 2
    assert Version.objects.count() == ROUNDS + 1
    assert places.work(code).exists() is False
