"""Verification: whatever was changed, dropped, added or reordered after the fact is found, and where."""

import random
import shutil
import subprocess
import sys

import pytest

from evidence_rig import collected, line, log_folder, write
from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence.notes import checkpoint_body
from nganam.lgsp.evidence.tiles import HASH, pack, read_bundle, tile_path, unpack
from nganam.lgsp.evidence.tree import Tree
from nganam.lgsp.evidence.verifying import verify_log

SIZE = 256 * 3 + 100


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    data = tmp_path_factory.mktemp("whole")
    collector = collected(data, *(line(n) for n in range(600)))
    collector.seal()
    write(log_folder(data) / "access.log", *(line(n) for n in range(600, SIZE)))
    collector.turn()
    collector.seal()
    assert verify_log(collector.folder).ok
    return collector.folder


@pytest.fixture
def log(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "data" / "evidence", dirs_exist_ok=True)
    return tmp_path / "data" / "evidence"


def bundle(log, number):
    return log / tile_path("entries", number, 100 if number == 3 else 256)


def edit(path, change):
    found = unpack(path.read_bytes())
    change(found)
    path.write_bytes(pack(found))


def swapped(found):
    found[3], found[4] = found[4], found[3]


@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize(
    ("change", "first", "why"),
    [
        (lambda found: found.__setitem__(5, found[5].replace(b'"statusCode":200', b'"statusCode":404')), 5, "khác với"),
        (lambda found: found.pop(7), 7, "khác với"),
        (swapped, 3, "khác với"),
        (lambda found: found.insert(2, found[2]), 3, "khác với"),
        (lambda found: found.pop(), None, "bỏ khỏi gói"),
        (lambda found: found.__setitem__(9, b""), 9, "thời hạn lưu"),
    ],
)
def test_a_changed_entry_is_named(log, number, change, first, why):
    edit(bundle(log, number), change)
    found = verify_log(log, 1)
    at = first if first is not None else (99 if number == 3 else 255)
    if number == 3 and first is None:
        assert not found.ok
        return
    assert (found.ok, found.bad) == (False, number * 256 + at)
    assert why in found.reason
    assert f"mục số {number * 256 + at + 1}:" in found.message


def test_a_removed_bundle_is_named(log):
    bundle(log, 1).unlink()
    found = verify_log(log)
    assert (found.ok, found.bad) == (False, 256)


def test_a_changed_tile_is_named(log):
    path = log / tile_path(0, 2)
    content = bytearray(path.read_bytes())
    content[HASH * 17] ^= 1
    path.write_bytes(bytes(content))
    assert verify_log(log).bad == 512 + 17
    path.unlink()
    assert verify_log(log).bad == 512


def rewritten(log, change):
    """Write the whole tree again with a changed history, as somebody with the disk but without the key could."""
    entries = [one for number in range(4) for one in read_bundle(log, number, 100 if number == 3 else 256)]
    change(entries)
    shutil.rmtree(log / "tile")
    tree = Tree(log, 0)
    tree.extend(entries)
    tree.flush()
    return tree


@pytest.mark.parametrize(("at", "until"), [(300, 600), (700, SIZE)])
def test_a_rewritten_tree_is_found_by_the_checkpoints_and_bounded(log, at, until):
    rewritten(log, lambda entries: entries.__setitem__(at, b'{"at":"2026"}'))
    found = verify_log(log)
    assert (found.ok, found.until) == (False, until)
    assert found.bad <= at < found.until


def test_a_tree_rewritten_by_somebody_with_the_key_is_found_by_its_own_history(log):
    tree = rewritten(log, lambda entries: entries.__setitem__(300, b'{"at":"2026"}'))
    signer = files.signer(log.parent)  # a new key here, so the whole log speaks for the new one
    note = signer.sign(checkpoint_body(signer.key.name, tree.size, tree.root()), 1_793_671_200)
    (log / "checkpoint").write_text(note)
    found = verify_log(log)
    assert (found.ok, found.bad, found.until) == (False, 0, 600)


def test_a_cut_tail_is_found(log):
    tree = rewritten(log, lambda entries: entries.__delitem__(slice(650, None)))
    signer = files.signer(log.parent)
    (log / "checkpoint").write_text(signer.sign(checkpoint_body(signer.key.name, tree.size, tree.root()), 1))
    found = verify_log(log)
    assert (found.ok, found.bad, found.until) == (False, 650, SIZE)
    assert "đuôi bị cắt" in found.reason


@pytest.mark.parametrize("name", ["checkpoint", "log.json"])
def test_without_a_valid_signature_nothing_is_believed(log, name):
    content = (log / name).read_text()
    (log / name).write_text(content.replace(content[-20], "A" if content[-20] != "A" else "B"))
    assert not verify_log(log).ok
    (log / name).unlink()
    assert "chữ ký" in verify_log(log).message


def test_a_forged_history_is_found(log):
    path = next((log / "checkpoints").iterdir())
    text = path.read_text()
    path.write_text(text.replace("\n600\n", "\n601\n"))
    assert "checkpoints/" in verify_log(log).reason


def test_any_changed_byte_of_the_tree_is_found(log):
    """Two hundred single bits anywhere in bundles, tiles and the checkpoint."""
    chance = random.Random(7)
    paths = [bundle(log, n) for n in range(4)] + [log / tile_path(0, n) for n in range(3)]
    paths += [log / tile_path(0, 3, 100), log / tile_path(1, 0, 3), log / "checkpoint"]
    for _turn in range(200):
        path = chance.choice(paths)
        before = path.read_bytes()
        at = chance.randrange(len(before))
        path.write_bytes(before[:at] + bytes([before[at] ^ (1 << chance.randrange(7))]) + before[at + 1 :])
        assert not verify_log(log, 1).ok, (path, at)
        path.write_bytes(before)
    assert verify_log(log, 1).ok


def test_the_command_says_the_first_bad_entry_and_fails(log):
    command = [sys.executable, "-m", "nganam.site.commands", "lgsp", "verify", "--data", str(log.parent)]
    good = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (good.returncode, f"{SIZE} mục" in good.stdout) == (0, True)
    edit(bundle(log, 1), swapped)
    bad = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 1
    assert "KHÔNG nguyên vẹn, mục số 260:" in bad.stdout
