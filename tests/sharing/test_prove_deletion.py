"""Proving a deletion after the end of sharing by a file, by the checks that hold after an agreement (D42)."""

import base64
import io
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import scenes
import scenes_accounts as suspensions
from nganam.accounts import keys
from nganam.agencies.operations import name_posting
from nganam.audit.models import Entry
from nganam.cases.story import story_of
from nganam.documents.models import StoredFile
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved
from nganam.sharing import evidence
from nganam.sharing.models import Termination
from nganam.sharing.suspensions import queries, terminating

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client, province):
    def go(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return go


@pytest.fixture
def stranger(province):
    """Name a focal officer of an agency that is no party."""
    person = get_user_model().objects.create_user("tu", password=scenes.PASSWORD, full_name="Trương Tú")
    name_posting(
        actor=system("test"), at=datetime(2025, 7, 1, tzinfo=UTC), person=person, agency="CT-STC", role="focal",
        valid_from=date(2025, 7, 1),
    )  # fmt: skip
    return "tu"


def report(actor, end, at, **changes):
    values = {"deletion": "Xóa bảng đồng bộ.", "deleted_on": date(2026, 11, 3), "evidence": "Biên bản 05/BB-UBND"}
    return terminating.report_deletion(actor=actor, at=at, termination=end, **values | changes)


class Upload(io.BytesIO):
    """A file as a form or the interface hands it over."""

    name = "bien-ban.txt"


@pytest.mark.law("D42")
def test_the_evidence_is_a_file_kept_once_with_each_report_it_came_with(province, lan, phuc, at):
    end = report(phuc, suspensions.ended_sharing(), at, file=Upload(b"Da huy hai ban sao\n"))
    (first,) = queries.evidence_of(end)
    assert (first.file.name, first.by, first.at) == ("bien-ban.txt", "Thạch Phúc", at)
    end = terminating.return_deletion(actor=lan, at=at, termination=end, reason="Thiếu bản sao lưu.")
    end = report(phuc, end, at, file=Upload(b"Da huy ca ban sao luu\n"))
    assert queries.evidence_of(end).count() == 2, "what was returned stays"
    again = evidence.keep(Upload(b"Da huy hai ban sao\n"), actor=phuc, at=at)
    assert (again, StoredFile.objects.count()) == (first.file, 2)
    notes = [one.note for one in story_of(end) if one.note]
    assert any(f"SHA-256 {first.file.sha256}" in note and "bien-ban.txt" in note for note in notes)
    assert first.file.sha256 in {one.details.get("sha256") for one in Entry.objects.filter(object_code=end.code)}


@pytest.mark.parametrize(
    ("content", "name"), [(b"MZ\x00\x01", "bien-ban.txt"), (b"", "bien-ban.txt"), (b"a,b\n", "bien-ban.pdf")]
)
def test_a_file_that_is_no_evidence_is_not_taken_and_nothing_is_reported(province, phuc, at, content, name):
    end, sent = suspensions.ended_sharing(), Upload(content)
    sent.name = name
    with pytest.raises(Invalid) as caught:
        report(phuc, end, at, file=sent)
    assert set(caught.value.fields) == {"file"}
    end.refresh_from_db()
    assert (end.state, queries.evidence_of(end).count()) == ("deleting", 0)


def test_a_file_that_is_too_large_is_not_taken(province, phuc, at, monkeypatch):
    monkeypatch.setattr(evidence, "LIMIT", 10)
    with pytest.raises(Invalid, match="lớn hơn mức cho phép"):
        report(phuc, suspensions.ended_sharing(), at, file=Upload(b"Da huy hai ban sao\n"))


def test_no_file_is_read_for_a_report_that_would_be_refused(province, lan, phuc, at):
    end = suspensions.ended_sharing()
    with pytest.raises(NotAllowed):
        report(lan, end, at, file=Upload(b"x\n"))
    with pytest.raises(Invalid):
        report(phuc, end, at, deletion=" ", file=Upload(b"x\n"))
    terminating.accept_deletion(actor=lan, at=at, termination=report(phuc, Termination.objects.get(), at))
    with pytest.raises(StateMoved):
        report(phuc, end, at, file=Upload(b"x\n"))
    assert not StoredFile.objects.exists()


def test_the_file_is_handed_in_and_fetched_at_the_pages_by_the_parties_only(province, stranger, sign_in):
    end = suspensions.ended_sharing()
    client = sign_in("phuc")
    page = client.get(end.get_absolute_url()).content.decode()
    assert 'type="file"' in page
    assert "multipart/form-data" in page
    sent = SimpleUploadedFile("nhat-ky.csv", b"bang,dong\nco_so,12\n")
    values = {"deletion": "Xóa bảng.", "deleted_on": "2026-11-03", "evidence": "BB 01", "version": end.version}
    answer = client.post(f"{end.get_absolute_url()}buoc/report_deletion/", values | {"file": sent})
    assert answer.status_code == 302
    (kept,) = queries.evidence_of(end)
    address = f"{end.get_absolute_url()}tep/{kept.file.sha256}/"
    assert address in client.get(end.get_absolute_url()).content.decode()
    for name, status in (("phuc", 200), ("lan", 200), ("minh", 200), (stranger, 404), ("khanh", 404)):
        sign_in(name)
        answer = client.get(address)
        assert answer.status_code == status, name
        if status == 200:
            assert b"".join(answer.streaming_content) == b"bang,dong\nco_so,12\n"
            assert "attachment" in answer["Content-Disposition"]
    sign_in("minh")
    assert client.get(f"{end.get_absolute_url()}tep/{'0' * 64}/").status_code == 404


def test_a_program_hands_the_file_in_and_reads_of_it_in_the_story(province, phuc):
    end = suspensions.ended_sharing()
    _key, text = keys.issue_api_key(actor=phuc, at=scenes.AT, name="Văn thư", days=30)
    program = Client(headers={"authorization": f"Bearer {text}"})
    path = f"/api/v1/cases/sharing.termination/{end.code}/report_deletion"
    values = {"deletion": "Xóa bảng.", "deleted_on": "2026-11-03", "evidence": "BB 01"}
    wrong = {"name": "a.txt", "content": base64.b64encode(b"MZ\x00").decode()}
    refused = program.post(path, values | {"file": wrong}, content_type="application/json")
    assert (refused.status_code, set(refused.json()["fields"])) == (422, {"file"})
    sent = {"name": "bien-ban.txt", "content": base64.b64encode("Đã hủy hai bản sao.\n".encode()).decode()}
    answer = program.post(path, values | {"file": sent}, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (200, "deleted"), answer.content.decode()
    digest = queries.evidence_of(end).get().file.sha256
    assert any(digest in one["note"] for one in answer.json()["story"])
