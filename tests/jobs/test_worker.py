"""The worker process itself: killed in the middle of a job, asked to stop, started beside others."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from nganam.jobs.models import WorkerBeat


def own_job():
    """Return the test's own job: a minute that passes meanwhile brings the rooms' scheduled ones."""
    return DBTaskResult.objects.exclude(task_path__startswith="nganam.").get()


def wait_for(what, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def worker(committed_db, jobs, data, tmp_path):
    """Return a function that starts a worker process and waits until it is ready; every one started is ended."""
    started = []
    connection.close()

    def start():
        out = (tmp_path / f"worker{len(started)}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "nganam.jobs.worker"], stdout=out, stderr=subprocess.STDOUT, env=os.environ.copy()
        )
        started.append(process)
        ready = data / "run" / "worker.ready"
        assert wait_for(lambda: ready.exists() and json.loads(ready.read_text())["pid"] == process.pid, 30), (
            tmp_path / f"worker{len(started) - 1}.log"
        ).read_text()
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_is_finished_by_another(worker, jobs, tmp_path):
    first = worker()
    jobs.slow_once.enqueue(str(tmp_path))
    assert wait_for((tmp_path / "begun").exists, 10)
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=10)
    killed = time.monotonic()
    second = worker()
    assert wait_for((tmp_path / "done").exists, 20)
    assert time.monotonic() - killed < 20
    assert (tmp_path / "done").read_text() == str(second.pid)
    assert wait_for(lambda: own_job().status == "SUCCESSFUL", 5)
    assert len(own_job().worker_ids) == 2


@pytest.mark.slow
def test_asked_to_stop_a_worker_ends_its_job_and_leaves_in_order(worker, jobs, tmp_path, data):
    process = worker()
    jobs.two_seconds.enqueue(str(tmp_path))
    assert wait_for((tmp_path / "begun").exists, 10)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    assert (tmp_path / "done").exists()
    assert own_job().status == "SUCCESSFUL"
    assert not (data / "run" / "worker.ready").exists()
    assert not WorkerBeat.objects.exists()


@pytest.mark.slow
def test_asked_twice_it_gives_its_job_back_at_once(worker, jobs, tmp_path):
    process = worker()
    jobs.slow_once.enqueue(str(tmp_path))
    assert wait_for((tmp_path / "begun").exists, 10)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert own_job().status == "READY"
