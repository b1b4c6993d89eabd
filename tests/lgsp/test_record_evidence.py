"""The collector: each line once, in order, whatever is killed, torn, renamed or full."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_rig import call, collected, entries, ids, line, log_folder, write
from gateway_rig import wait_for
from nganam.lgsp.evidence import collector as collecting
from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence import reconciling
from nganam.lgsp.evidence.collector import Collector, instant
from nganam.lgsp.evidence.guard import REFUSE, Guard, keep, tell, told
from nganam.lgsp.evidence.lines import OF_NOTHING, entries_of
from nganam.lgsp.evidence.merkle import complete_root, leaf_hash, node_hash
from nganam.lgsp.evidence.verifying import verify_log
from nganam.serving.journal import Journal


def root_by_definition(leaves):
    """RFC 6962 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(root_by_definition(leaves[:k]), root_by_definition(leaves[k:]))


@pytest.mark.law("D45", "D45.2")
def test_lines_become_entries_of_a_signed_tree(data):
    collector = collected(data, *(line(n, messageIssue="HS-17") for n in range(700)))
    assert ids(data) == [f"yc-{n}" for n in range(700)]
    one = entries(data)[7]
    assert (one["restPath"][-5:], one["messageIssue"], one["node"]) == ("00007", "HS-17", "gateway")
    assert one["requestDigest"] == OF_NOTHING
    assert "faultCode" not in one
    head = files.latest(collector.folder)
    raw = [next(entries_of(line(n, messageIssue="HS-17")[:-1].encode(), "gateway")).content for n in range(700)]
    assert (head.size, head.root) == (700, root_by_definition([leaf_hash(entry) for entry in raw]))
    assert verify_log(collector.folder).ok


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=4))
def test_the_root_is_that_of_the_definition_however_the_lines_come(tmp_path_factory, parts):
    data = tmp_path_factory.mktemp("parts")
    done, collector = 0, None
    for part in parts:
        collector = collected(data, *(line(n) for n in range(done, done + part)))
        done += part
    leaves = [leaf_hash(next(entries_of(line(n)[:-1].encode(), "gateway")).content) for n in range(done)]
    assert files.latest(collector.folder).root == root_by_definition(leaves)
    assert verify_log(collector.folder, 1).ok


def test_a_line_is_taken_once_however_often_and_wherever_its_file_is(data):
    access = log_folder(data) / "access.log"
    collector = collected(data, *(line(n) for n in range(5)))
    write(access, line(5))
    access.rename(access.with_name("access-2026.log"))
    write(access, line(6), line(7))
    assert collector.turn().entries == 3
    assert Collector(data).turn().entries == 0
    access.with_name("access-2026.log").rename(access.with_name("access-x.log"))
    assert collector.turn().entries == 0
    assert ids(data) == [f"yc-{n}" for n in range(8)]


def test_several_gateways_each_have_their_lines_taken(data):
    write(log_folder(data, "gateway-2") / "access.log", line(1), line(2))
    collected(data, line(3))
    assert {(one["node"], one["xRequestId"]) for one in entries(data)} == {
        ("gateway", "yc-3"), ("gateway-2", "yc-1"), ("gateway-2", "yc-2"),
    }  # fmt: skip


def test_a_line_still_being_written_waits(data):
    access, whole = log_folder(data) / "access.log", line(1)
    write(access, whole[:40])
    collector = Collector(data)
    assert collector.turn().entries == 0
    write(access, whole[40:], line(2)[:-1])
    assert collector.turn().entries == 1
    write(access, "\n")
    assert collector.turn().entries == 1


def test_what_cannot_be_read_is_an_entry_without_its_text_and_hides_nothing(data):
    torn = line(8)[:60]
    collected(data, line(1), "rác bí mật 084260033129\n", "[1]\n", '{"at": 5}\n', torn + line(2), line(3))
    assert ids(data) == ["yc-1", "", "", "", "", "yc-2", "yc-3"]
    text = json.dumps(entries(data), ensure_ascii=False)
    assert "084260033129" not in text
    assert entries(data)[1]["kind"] == "unreadable"
    assert verify_log(data / "evidence").ok


def test_lines_of_gateways_before_this_format_are_read(data):
    said = {"at": "2026-11-03T02:00:01.123456Z", "serviceCode": "DV-2026-0001", "xRequestId": "yc-cu", "fields": None}
    old = json.dumps(said) + "\n"
    collected(data, old, line(1), old[:30] + old.replace("yc-cu", "yc-sau"))
    assert ids(data) == ["yc-cu", "yc-1", "", "yc-sau"]
    assert "fields" not in entries(data)[0]


def test_a_line_says_its_service_in_parts_and_its_numbers_as_numbers(data):
    collected(data, line(7, accounts=["TK-2026-0001"], snapshot=12, requestDigestSeen=None))
    [said] = entries(data)
    names = ("serviceXRoadInstance", "serviceMemberCode", "serviceSubsystemCode", "serviceCode")
    assert [said[name] for name in names] == ["VN", "CT-SYT", "KHO", "DV-2026-0001"]
    assert (said["statusCode"], said["snapshot"], said["accounts"]) == (200, 12, ["TK-2026-0001"])
    assert said["requestInTs"] == "1793671207123"
    assert not {"service", "messageId", "requestDigestSeen"} & set(said)


def test_what_a_caller_sent_that_is_no_text_stays_evidence(data):
    torn = line(3).encode().replace(b"via_upstream", b"\xff\xfe")
    with (log_folder(data) / "access.log").open("wb") as out:
        out.write(torn)
    collected(data)
    assert entries(data)[0]["faultString"] == "\\xff\\xfe"


def test_too_many_or_too_few_parts_are_no_line(data):
    whole = line(1)
    collected(data, whole.replace("via_upstream", "a\x1fb"), whole.replace("\x1fGET\x1f", "GET"), line(2))
    assert [one.get("kind") for one in entries(data)] == ["unreadable", "unreadable", None]


def test_the_torn_end_of_a_file_put_aside_is_not_waited_for(data):
    access = log_folder(data) / "access.log"
    write(access, line(1), line(2)[:50])
    aside = access.rename(access.with_name("access-2026.log"))
    collector = Collector(data)
    assert collector.turn().entries == 1
    os.utime(aside, (time.time() - 100,) * 2)
    assert collector.turn().entries == 1
    assert [one.get("kind") for one in entries(data)] == [None, "unreadable"]


def test_what_an_upstream_claims_is_evidence_only_where_the_gateway_has_not_seen_otherwise(data):
    told, seen = OF_NOTHING, "sha-256=:" + "A" * 43 + "=:"
    collected(
        data, line(1, responseDigest=told), line(2, responseDigest=told, responseDigestSeen=seen),
        line(3, responseDigest="md5=:x:", requestSize=5, requestDigestSeen=seen), line(4, requestSize=9),
    )  # fmt: skip
    found = [(one.get("requestDigest"), one.get("responseDigest"), one.get("digestBy")) for one in entries(data)]
    assert found == [
        (OF_NOTHING, told, "server"), (OF_NOTHING, seen, "gateway"), (seen, None, None), (None, None, None),
    ]  # fmt: skip


# -- killed --


def start(data, **more):
    command = [sys.executable, "-m", "nganam.lgsp.evidence.collector", "--data", str(data)]
    return subprocess.Popen(command, env={**os.environ, **more})


def recorded(data):
    return files.read_state(data / "evidence").size


def test_killed_again_and_again_while_lines_come_it_takes_each_once(data):
    access = log_folder(data) / "access.log"
    stop = threading.Event()
    written = []

    def keep_writing():
        number = 0
        while not stop.is_set():
            write(access, *(line(n) for n in range(number, number + 30)))
            number += 30
            written[:] = [number]
            time.sleep(0.02)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for turn in range(6):
            process, before = start(data), recorded(data)
            wait_for(lambda before=before: recorded(data) > before)
            time.sleep(0.037 * turn)
            process.kill()
            process.wait()
    finally:
        stop.set()
        writer.join()
    process = start(data)
    wait_for(lambda: recorded(data) >= written[0], 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert ids(data) == [f"yc-{n}" for n in range(written[0])]
    assert verify_log(data / "evidence").ok


@pytest.mark.parametrize("moment", range(1, 14))
def test_stopped_at_any_write_the_next_start_repairs_and_no_checkpoint_lies(data, monkeypatch, moment):
    """The process is gone at its n-th write to disk: half a tile, no record, a checkpoint behind."""
    collected(data, *(line(n) for n in range(250)))
    write(log_folder(data) / "access.log", *(line(n) for n in range(250, 800)))
    child = os.fork()
    if not child:
        count = [0]
        real = os.write

        def failing(handle, content):
            count[0] += 1
            if count[0] == moment:
                real(handle, content[: len(content) // 2])
                os._exit(9)
            return real(handle, content)

        os.write = failing
        Collector(data).turn()
        os._exit(0)
    os.waitpid(child, 0)
    assert verify_log(data / "evidence", 1).ok
    before = files.latest(data / "evidence").size
    collector = Collector(data)
    while collector.turn().entries:
        pass
    assert ids(data) == [f"yc-{n}" for n in range(800)]
    assert verify_log(data / "evidence", 1).size == 800 >= before


def test_a_checkpoint_behind_its_record_is_signed_at_the_start(data):
    collector = collected(data, line(1), line(2))
    older = (collector.folder / "checkpoint").read_text()
    write(log_folder(data) / "access.log", line(3))
    collector.turn()
    (collector.folder / "checkpoint").write_text(older)
    assert files.latest(Collector(data).folder).size == 3


def test_a_record_older_than_a_signed_checkpoint_is_refused(data):
    """A restored old copy would grow into another log under the same name."""
    collector = collected(data, line(1))
    old = (collector.folder / "state.json").read_bytes()
    write(log_folder(data) / "access.log", line(2))
    collector.turn()
    (collector.folder / "state.json").write_bytes(old)
    with pytest.raises(files.Broken, match="cũ hơn"):
        Collector(data)


def test_one_writes_at_a_time(data):
    with collecting.only_one(data / "evidence"):
        command = [sys.executable, "-m", "nganam.lgsp.evidence.collector", "--data", str(data)]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert refused.returncode == 1
        assert "Đã có một tiến trình collector" in refused.stderr


def test_a_turn_that_fails_is_done_again_whole(data, monkeypatch):
    collector = collected(data, line(1))
    write(log_folder(data) / "access.log", *(line(n) for n in range(2, 600)))
    monkeypatch.setattr(files, "write_state", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        collector.turn()
    monkeypatch.undo()
    assert collector.turn().entries == 598
    assert ids(data) == [f"yc-{n}" for n in range(1, 600)]
    assert verify_log(collector.folder, 1).ok


# -- checkpoints --


def test_a_checkpoint_is_kept_each_minute_the_log_grows_and_each_hour_it_does_not(data, monkeypatch):
    clock = [1_793_671_200.0]
    monkeypatch.setattr(collecting.time, "time", lambda: clock[0])
    collector = collected(data, line(1))

    def kept():
        return [note.split("\n")[1] for _day, note in files.history(collector.folder)]

    assert kept() == ["1"]
    write(log_folder(data) / "access.log", line(2))
    clock[0] += 30
    assert not collector.turn().sealed
    clock[0] += 30
    assert collector.turn().sealed
    clock[0] += 3599
    assert not collector.turn().sealed
    clock[0] += 1
    assert collector.turn().sealed
    assert kept() == ["1", "2", "2"]
    day = files.history_file(collector.folder, int(clock[0]))
    day.write_bytes(day.read_bytes()[:-30])  # a killed writer's last note
    clock[0] += 3600
    assert collector.turn().sealed
    assert kept() == ["1", "2", "2"]
    assert verify_log(collector.folder).checkpoints == 4


# -- the journal --


@contextmanager
def answering(node):
    """A gateway that runs: somebody answers at its socket."""
    node.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(node / "admin.sock"))
        door.listen()
        yield door


def noted(number, at, node="gateway"):
    said = call(number, at=instant(at))
    return {**{name: value for name, value in said.items() if value is not None}, "node": node}


@pytest.fixture
def journal(data):
    return Journal(data / "serving" / "journal")


def test_an_answer_the_gateway_did_not_live_to_log_is_recovered_and_marked(data, journal, monkeypatch):
    collector = collected(data, line(1))
    past = datetime.now(UTC) - timedelta(seconds=3)
    for number in (1, 2):
        journal.write(noted(number, past))
    assert collector.turn().entries == 0  # both wait: nobody has looked yet whether the gateway lives
    assert collector.turn().entries == 1
    assert [(one["xRequestId"], one.get("kind")) for one in entries(data)] == [("yc-1", None), ("yc-2", "recovered")]
    assert Collector(data).turn().entries == 0


def test_a_living_gateway_is_waited_for(data, journal, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    collector = collected(data, line(1))
    with answering(data / "gateway"):
        journal.write(noted(2, datetime.now(UTC)))
        journal.write(noted(3, datetime.now(UTC)))
        monkeypatch.setattr(reconciling, "GRACE", 0.0)
        assert [collector.turn().entries for _ in range(3)] == [0, 0, 0]
        again = Collector(data)  # what waits is recorded, and waits after a restart too
        assert set(again._reconciler.waiting) == {"yc-2", "yc-3"}
        write(log_folder(data) / "access.log", line(2))
        assert again.turn().entries == 1
        assert set(again._reconciler.waiting) == {"yc-3"}
        monkeypatch.setattr(reconciling, "LONGEST_CALL", 0.0)
        assert again.turn().entries == 1
    assert entries(data)[-1]["kind"] == "recovered"


def test_a_gateway_that_was_started_anew_is_not_waited_for(data, journal, monkeypatch):
    collector = collected(data, line(1))
    monkeypatch.setattr(reconciling, "GRACE", 0.0)
    journal.write(noted(2, datetime.now(UTC) - timedelta(seconds=5)))
    with answering(data / "gateway"):
        assert collector.turn().entries == 0
        assert collector.turn().entries == 1


def test_a_line_that_comes_after_all_says_what_it_replaces(data, journal, monkeypatch):
    collector = collected(data, line(1))
    monkeypatch.setattr(reconciling, "GRACE", 0.0)
    journal.write(noted(2, datetime.now(UTC)))
    collector.turn()
    collector.turn()
    write(log_folder(data) / "access.log", line(2))
    collector.turn()
    assert [one.get("replaces") for one in entries(data)] == [None, None, 1]


def test_lines_read_before_their_answers_are_known_and_torn_journals_do_no_harm(data, journal):
    collector = collected(data, *(line(n) for n in range(50)))
    for number in range(50):
        journal.write(noted(number, datetime.now(UTC) - timedelta(seconds=60)))
    os.write(journal._handle, b'{"xRequestId": "yc-99", "at"')
    assert [collector.turn().entries for _ in range(3)] == [0, 0, 0]
    assert not collector._reconciler.waiting


def test_files_that_are_in_the_tree_go_and_those_in_use_stay(data, journal):
    access = log_folder(data) / "access.log"
    collector = collected(data, line(1))
    journal.write(noted(1, datetime.now(UTC) - timedelta(seconds=60)))
    aside = access.rename(access.with_name("access-1.log"))
    write(access, line(2))
    collector.turn()
    assert collector.forget_read(timedelta(days=1)) == []
    assert collector.forget_read(timedelta(0)) == [aside]
    handle = journal._handle
    fcntl.flock(handle, fcntl.LOCK_UN)
    assert [one.parent.name for one in collector.forget_read(timedelta(0))] == ["journal"]
    assert collector.turn().entries == 0


# -- the disk --


def test_pressure_rises_before_the_end_and_falls_only_with_room_to_spare():
    guard = Guard(1000)
    assert [guard.pressure(free) for free in (1000, 999, 249, 1050, 1099, 1100, 1000)] == [
        0.0, REFUSE, 1.0, REFUSE, REFUSE, 0.0, 0.0,
    ]  # fmt: skip


def test_the_guard_tells_every_gateway(data, tmp_path):
    folders = [data / "gateway", data / "gateway-2"]
    for folder in folders:
        folder.mkdir()
    Guard(2**62).look(data, folders)
    assert {(one / "pressure").read_text() for one in folders} == {"1.0\n"}
    free = Guard(1).look(data, folders)
    assert {(one / "pressure").read_text() for one in folders} == {"0.0\n"}
    assert free == pytest.approx(os.statvfs(data).f_bavail * os.statvfs(data).f_frsize, rel=0.2)


def test_complete_roots_pair_neighbours():
    leaves = [bytes([n]) * 32 for n in range(4)]
    assert complete_root(leaves) == node_hash(node_hash(*leaves[:2]), node_hash(*leaves[2:]))


def test_a_guard_that_began_on_a_full_disk_refuses_all_the_same(tmp_path, monkeypatch):
    """The name of a file may find room where its bytes do not."""
    folder = tmp_path / "gateway"
    folder.mkdir()
    (folder / f".pressure-{REFUSE}").touch()
    tell(folder, REFUSE)
    assert told(folder) == REFUSE

    def full(path, *_said, **_how):
        path.touch()
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="full"):
            keep(folder, 1.0)
    assert {path.name for path in folder.iterdir()} == {"pressure", f".pressure-{REFUSE}"}
    assert keep(folder, 1.0).read_text(encoding="ascii") == "1.0\n"
