"""Proofs: our tool, which needs nothing of ours, and a public library agree; what was changed fails in both."""

import base64
import json
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tlog_scales import backend, reader, signing, tlog
from tlog_scales.tiles import leaf_hash as their_leaf_hash

from evidence_rig import collected, line, log_folder, write
from gateway_rig import wait_for
from nganam.kernel.errors import NotFound
from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence import proofs, stamping, verify_evidence
from nganam.lgsp.evidence.collector import Runner, Settings
from nganam.lgsp.evidence.merkle import root_of_inclusion
from nganam.lgsp.evidence.notes import Key, read_checkpoint
from nganam.lgsp.evidence.verifying import verify_log

TOOL = Path(verify_evidence.__file__)


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    data = tmp_path_factory.mktemp("proofs")
    made = collected(data, *(line(n) for n in range(300)))
    (data / "older").write_text(made.seal().note)
    write(log_folder(data) / "access.log", *(line(n) for n in range(300, 70_000)))
    while made.turn().entries:
        pass
    return made


def key_of(collector):
    return collector.signer.key.text


def tool(*arguments):
    """Run the tool as an agency does: alone, in an isolated Python."""
    command = [sys.executable, "-I", "-S", str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def saved(tmp_path, said):
    path = tmp_path / "said.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


@pytest.mark.parametrize("index", [0, 255, 256, 299, 65_535, 65_536, 69_999])
def test_an_entry_is_proven_and_the_tool_and_a_public_library_agree(collector, tmp_path, index):
    said = proofs.evidence_of(collector.folder, index)
    done = tool(saved(tmp_path, said), "--key", key_of(collector))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"mục số {index + 1} " in done.stdout
    assert f'"xRequestId": "yc-{index}"' in done.stdout

    theirs = tlog.Checkpoint.from_text(said["checkpoint"])
    theirs.verify(signing.Vkey.from_string(said["key"][-1]))
    hashes = [base64.b64decode(one) for one in said["proof"]]
    leaf = their_leaf_hash(base64.b64decode(said["entry"]))
    tlog.InclusionProof(index, theirs.size, hashes).check(leaf, theirs.root_hash)
    assert root_of_inclusion(leaf, index, theirs.size, hashes) == theirs.root_hash
    with pytest.raises(tlog.InclusionProofInvalid):
        tlog.InclusionProof(index, theirs.size, hashes).check(their_leaf_hash(b"x"), theirs.root_hash)


def test_a_public_library_reads_our_files_as_a_log_of_the_common_layout(collector):
    """tlog-scales finds its way by the layout alone: same root, same entries, same proofs, timed signature."""
    found = reader.TilesReader(backend.LocalBackend(collector.folder))
    head = found.get_checkpoint()
    head.verify(signing.Vkey.from_string(collector.signer.key.text))
    head.verify(signing.Vkey.from_string(collector.signer.key.timed_text))
    assert found.calculate_root_hash() == head.root_hash
    for index in (0, 300, 65_600, 69_999):
        ours = proofs.evidence_of(collector.folder, index)
        assert found.get_entry(index) == base64.b64decode(ours["entry"])
        theirs = found.get_inclusion_proof(index, head.size).node_hashes
        assert theirs == [base64.b64decode(one) for one in ours["proof"]]
    for old in (1, 300, 65_536, 69_999):
        ours = proofs.consistency_of(collector.folder, old)
        assert found.get_consistency_proof(old, head.size).node_hashes == [
            base64.b64decode(one) for one in ours["proof"]
        ]


@pytest.mark.parametrize("change", ["entry", "index", "proof", "checkpoint", "key", "short", "long", "time"])
def test_a_forged_proof_fails(collector, tmp_path, change):
    said = proofs.evidence_of(collector.folder, 4_321)
    key = key_of(collector)
    if change == "entry":
        said["entry"] = base64.b64encode(base64.b64decode(said["entry"]).replace(b"200", b"404")).decode()
    elif change == "index":
        said["index"] += 1
    elif change == "proof":
        said["proof"][2] = said["proof"][3]
    elif change == "checkpoint":
        said["checkpoint"] = said["checkpoint"].replace("\n70000\n", "\n70001\n")
    elif change == "key":
        key = Key(collector.signer.key.name, bytes(32)).text
    elif change == "short":
        said["proof"].pop()
    elif change == "long":
        said["proof"].append(said["proof"][0])
    else:
        lines = said["checkpoint"].splitlines()
        name, raw = lines[-1].split(" ")[1:]
        changed = bytearray(base64.b64decode(raw))
        changed[11] ^= 1
        lines[-1] = f"\u2014 {name} {base64.b64encode(changed).decode()}"
        said["checkpoint"] = "\n".join(lines) + "\n"
    done = tool(saved(tmp_path, said), "--key", key)
    assert done.returncode == 1
    assert done.stdout.startswith("SAI: ")


def test_growth_from_a_kept_checkpoint_is_proven(collector, tmp_path):
    older = collector.data / "older"
    said = proofs.consistency_of(collector.folder, 300)
    done = tool(saved(tmp_path, said), "--key", key_of(collector), "--old", older)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "300 mục" in done.stdout
    old, new = tlog.Checkpoint.from_text(older.read_text()), tlog.Checkpoint.from_text(said["checkpoint"])
    hashes = [base64.b64decode(one) for one in said["proof"]]
    tlog.ConsistencyProof(300, new.size, hashes).check(old.root_hash, new.root_hash)
    said["proof"][0] = said["proof"][1]
    done = tool(saved(tmp_path, said), "--key", key_of(collector), "--old", older)
    assert (done.returncode, "SAI" in done.stdout) == (1, True)


def test_consistency_holds_for_every_pair_of_small_trees(tmp_path):
    from nganam.lgsp.evidence.merkle import consistency_proof, inclusion_proof, leaf_hash, range_root

    leaves = [leaf_hash(bytes([n])) for n in range(34)]

    def node(level, index):
        from nganam.lgsp.evidence.merkle import complete_root

        return complete_root(leaves[index << level : (index + 1) << level])

    for new in range(1, 35):
        root = range_root(node, 0, new)
        for old in range(1, new + 1):
            proof = consistency_proof(node, old, new)
            tlog.ConsistencyProof(old, new, proof).check(range_root(node, 0, old), root)
            verify_evidence.check_consistency(old, range_root(node, 0, old), new, root, proof)
        for index in range(new):
            proof = inclusion_proof(node, index, new)
            tlog.InclusionProof(index, new, proof).check(leaves[index], root)
            verify_evidence.check_inclusion(bytes([index]), index, new, proof, root)


def test_what_is_not_in_the_log_has_no_proof(collector):
    for index in (-1, 70_000):
        with pytest.raises(NotFound):
            proofs.evidence_of(collector.folder, index)
    for old, new in ((0, 5), (6, 5), (5, 70_001)):
        with pytest.raises(NotFound):
            proofs.consistency_of(collector.folder, old, new)


def test_a_proof_takes_less_than_ten_milliseconds(collector):
    took = []
    for index in range(0, 69_000, 3_001):
        began = time.process_time()
        proofs.evidence_of(collector.folder, index)
        took.append(time.process_time() - began)
    assert sorted(took)[len(took) // 2] < 0.010


def test_our_ed25519_agrees_with_the_vectors_of_rfc_8032():
    vectors = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ]  # fmt: skip
    for public, message, signature in vectors:
        raw = [bytes.fromhex(one) for one in (public, message, signature)]
        assert verify_evidence.ed25519_holds(*raw)
        assert not verify_evidence.ed25519_holds(raw[0], raw[1] + b"x", raw[2])
        more = (int.from_bytes(raw[2][32:], "little") + verify_evidence.Q).to_bytes(32, "little")
        assert not verify_evidence.ed25519_holds(
            raw[0], raw[1], raw[2][:32] + more
        )  # malleable: S must be below the order


# -- timestamps --


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A small timestamp authority: openssl ts behind an HTTP server."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa=a\n[a]\nserial=./serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n"
        "digests=sha256\naccuracy=secs:1\nordering=no\ntsa_name=no\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"
        "[ext]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
        "[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
        "[req]\ndistinguished_name=dn\n[dn]\n"
    )
    (folder / "serial").write_text("01\n")

    def openssl(*arguments, **more):
        return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60, **more)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA",
            "-days", "2", "-config", "tsa.cnf", "-extensions", "ca")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA",
            "-config", "tsa.cnf")  # fmt: skip
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-days", "2", "-extfile", "tsa.cnf", "-extensions", "ext")  # fmt: skip

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            (folder / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-signer", "tsa.pem",
                    "-inkey", "tsa.key", "-chain", "ca.pem", "-out", "reply.tsr")  # fmt: skip
            content = (folder / "reply.tsr").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", (folder / "ca.pem").read_bytes()
    server.shutdown()


def test_a_sealed_checkpoint_is_stamped_and_the_stamp_is_checked(data, authority):
    url, roots = authority
    collector = collected(data, line(1))
    runner = Runner(data, Settings(tsa_url=url))
    runner.stamper.stamp(read_checkpoint(files.last_sealed(collector.folder)[0], [collector.signer.key]))
    runner.stamper.wait(20)
    assert runner.stamper.trouble == ""
    found = verify_log(data / "evidence", roots=roots)
    assert (found.ok, found.stamps) == (True, 1)
    assert "1 dấu thời gian" in found.message
    stamp = next((data / "evidence" / "timestamps").iterdir())
    note = files.last_sealed(data / "evidence")[0].encode()
    assert stamping.verify_stamp(stamp.read_bytes(), note, roots) == pytest.approx(time.time(), abs=60)
    with pytest.raises(stamping.StampRefused):
        stamping.verify_stamp(stamp.read_bytes(), b"another text", roots)
    raw = bytearray(stamp.read_bytes())
    raw[-20] ^= 1
    stamp.write_bytes(raw)
    assert "dấu thời gian" in verify_log(data / "evidence", roots=roots).message


def test_an_authority_that_does_not_answer_stops_nothing(data):
    collector = collected(data, line(1))
    runner = Runner(data, Settings(tsa_url="http://127.0.0.1:9/"))
    runner.stamper.stamp(collector.seal())
    wait_for(lambda: runner.stamper.trouble, 10)
    assert collector.turn() is not None
    with pytest.raises(stamping.StampRefused, match="http"):
        stamping.request_stamp("file:///etc/hostname", b"x")


def test_a_note_of_another_key_or_shape_is_no_checkpoint(collector):
    note, key = files.latest(collector.folder).note, collector.signer.key
    assert read_checkpoint(note, [key]).size == 70_000
    for wrong in ("", "a\n\nb", note.replace("70000", "7"), note.replace("\n\n", "\nmore\n\n"), note * 200):
        with pytest.raises(ValueError, match=r"."):
            read_checkpoint(wrong, [key])
    with pytest.raises(ValueError, match="no signature"):
        read_checkpoint(note, [])
