"""A kept file goes out whole, in part, or not again; its digest is its name for clients."""

import base64
import hashlib
from urllib.parse import unquote

import pytest
from django.test import RequestFactory

from nganam.face.sending import CHUNK, KeptFile, disposition, is_beginning, send_file
from nganam.kernel.errors import Unavailable

CONTENT = bytes(range(256)) * 2500  # more than two chunks
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "tep"
    path.write_bytes(CONTENT)
    return KeptFile(path, "Cơ sở y tế v1.csv", "text/csv; charset=utf-8", len(CONTENT), SHA)


def ask(kept, method="get", **headers):
    request = getattr(RequestFactory(), method)(
        "/", headers={name.replace("_", "-"): one for name, one in headers.items()}
    )
    return request, send_file(request, kept)


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_whole_file_comes_in_chunks_with_both_digests_and_its_vietnamese_name(kept):
    request, answer = ask(kept)
    chunks = list(answer.streaming_content)
    assert b"".join(chunks) == CONTENT
    assert max(map(len, chunks)) <= CHUNK < len(CONTENT), "never all in memory"
    told = f"sha-256=:{base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()}:"
    assert (answer["Repr-Digest"], answer["Content-Digest"]) == (told, told)
    assert (answer["ETag"], answer["Accept-Ranges"]) == (f'"{SHA}"', "bytes")
    assert answer["Content-Length"] == str(len(CONTENT))
    assert "private" in answer["Cache-Control"], "unless a door says otherwise"
    assert is_beginning(request, answer)
    (close,) = answer._resource_closers
    close()
    assert close.__self__.stream.closed, "also when nobody read it to its end"


def test_parts_of_all_kinds_put_together_are_the_file(kept):
    middle = CHUNK + 7
    parts = []
    for asked in (f"bytes=0-{middle - 1}", f"bytes={middle}-{middle}", f"Bytes={middle + 1}-"):
        request, answer = ask(kept, Range=asked)
        parts.append(body(answer))
        assert answer.status_code == 206
        assert answer["Repr-Digest"], "of the whole"
        assert "Content-Digest" not in answer, "would be of the part alone"
        assert int(answer["Content-Length"]) == len(parts[-1])
        assert is_beginning(request, answer) == asked.startswith("bytes=0-")
    assert b"".join(parts) == CONTENT
    assert body(ask(kept, Range="bytes=-9")[1]) == CONTENT[-9:]
    assert body(ask(kept, Range="bytes=-99999999")[1]) == CONTENT


@pytest.mark.parametrize("asked", ["bytes=640000-", "bytes=9-5", "bytes=-0"])
def test_a_part_there_is_not_is_refused_with_the_size(kept, asked):
    answer = ask(kept, Range=asked)[1]
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert "Content-Disposition" not in answer


def test_a_lasting_file_may_be_kept_and_a_refusal_of_it_may_not(kept):
    forever = "public, max-age=31536000, immutable"
    cases = [(200, {}), (206, {"Range": "bytes=0-1"}), (304, {"If-None-Match": f'"{SHA}"'}),
             (412, {"If-Match": '"x"'}), (416, {"Range": "bytes=640000-"})]  # fmt: skip
    for status, headers in cases:
        answer = send_file(RequestFactory().get("/", headers=headers), kept, cache=forever)
        assert (answer.status_code, answer["Cache-Control"]) == (status, forever if status < 400 else "no-store")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "rows=1-2", "bytes=x-", "bytes=-"])
def test_several_parts_or_an_unknown_unit_get_the_whole(kept, asked):
    answer = ask(kept, Range=asked)[1]
    assert (answer.status_code, body(answer)) == (200, CONTENT)


def test_who_has_it_gets_nothing_and_who_resumes_another_state_gets_the_whole(kept):
    for known in (f'"{SHA}"', f'W/"{SHA}"', f'"x", "{SHA}"', "*"):
        answer = ask(kept, If_None_Match=known, Range="bytes=0-1")[1]
        assert (answer.status_code, body(answer), answer["ETag"]) == (304, b"", f'"{SHA}"'), known
    assert ask(kept, If_None_Match=f'"{SHA}x"')[1].status_code == 200, "part of a tag is no tag"
    assert ask(kept, If_Match='"x"')[1].status_code == 412
    assert ask(kept, Range="bytes=5-9", If_Range=f'"{SHA}"')[1].status_code == 206
    for other in ('"x"', f'W/"{SHA}"', "Tue, 24 Nov 2026 02:00:00 GMT"):
        assert ask(kept, Range="bytes=5-9", If_Range=other)[1].status_code == 200, "only a strong tag proves sameness"


def test_head_tells_all_and_sends_nothing(kept):
    request, answer = ask(kept, "head", Range="bytes=0-1")
    assert (answer.status_code, answer["Content-Length"], body(answer)) == (200, str(len(CONTENT)), b"")
    assert answer["Repr-Digest"]
    assert not is_beginning(request, answer)


def test_an_empty_file_is_whole_and_has_no_parts(tmp_path):
    (tmp_path / "rong").touch()
    empty = KeptFile(tmp_path / "rong", "rong.csv", "text/csv", 0, hashlib.sha256(b"").hexdigest())
    assert body(ask(empty)[1]) == b""
    assert ask(empty, Range="bytes=0-")[1].status_code == 416


def test_a_lost_file_is_told_as_ours_to_mend(kept):
    kept.path.unlink()
    with pytest.raises(Unavailable) as refused:
        ask(kept)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Cơ sở y tế v1.csv", "co-so-y-te-v1.csv"), ("Đất.CSV.zip", "dat-csv.zip"), ("Sổ", "so"), ("日本.csv", "tep.csv")],
)
def test_a_name_with_marks_is_sent_for_new_and_old_clients(name, plain):
    told = disposition(name)
    assert f'filename="{plain}"' in told
    assert unquote(told.partition("filename*=UTF-8''")[2]) == name
    assert told.isascii()


def test_a_name_can_end_no_header():
    told = disposition('a"; x=1\r\nSet-Cookie: a=b\\.csv')
    assert told.count('"') == 2
    assert "\r" not in told
    assert "\n" not in told
    assert disposition("khi-hau.csv") == 'attachment; filename="khi-hau.csv"'
