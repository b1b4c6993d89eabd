"""What a case's page lets one take home, a program takes home too; for anybody else it is not there."""

import base64
from io import BytesIO

import pytest
from django.test import Client

import scenes
import scenes_disputes as disputes
from by_program import JSON, done, refused
from nganam.documents.models import Paper
from nganam.kernel.actors import Actor
from nganam.sharing.requests.models import Request
from scenes_services import SPREADSHEET_ROW, workbook

pytestmark = pytest.mark.django_db
API = "/api/v1"
SCAN = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n"


@pytest.fixture
def dispute(province):
    """Give a dispute that was answered, so that a letter was issued, with a file sent by its opener."""
    from nganam.disputes import saying

    found = disputes.unresolved()

    sent = saying.Attached("bien-ban.pdf", BytesIO(SCAN))
    saying.state_view(actor=scenes.PHUC, at=scenes.AT, dispute=found, text="Gửi biên bản.", files=[sent])
    return found


def test_the_letters_of_a_case_are_listed_and_are_those_the_page_gives(program, dispute):
    ours = program(scenes.PHUC)
    (told,) = done(ours.get(f"{API}/cases/disputes.dispute/{dispute.code}/papers"))
    assert told["formats"] == ["pdf", "docx"]
    assert told["number"] == Paper.objects.get(code=told["code"]).number
    page = Client()
    assert page.login(username="phuc", password=scenes.PASSWORD)
    for form, kind in (("pdf", "application/pdf"), ("docx", "wordprocessingml.document")):
        answer = ours.get(f"{API}/cases/disputes.dispute/{dispute.code}/papers/{told['code']}/{form}")
        assert answer.status_code == 200
        assert kind in answer["Content-Type"]
        assert f".{form}" in answer["Content-Disposition"]
        assert answer.content == page.get(f"/van-ban/{told['code']}/x.{form}").content
        again = ours.get(
            f"{API}/cases/disputes.dispute/{dispute.code}/papers/{told['code']}/{form}",
            headers={"if-none-match": answer["ETag"]},
        )
        assert (again.status_code, again.content) == (304, b"")
    wrong = ours.get(f"{API}/cases/disputes.dispute/{dispute.code}/papers/{told['code']}/odt")
    refused(wrong, 404, "not_found")


def test_the_files_of_a_case_are_listed_and_sent_with_kind_and_name(program, dispute):
    ours = program(scenes.LAN)
    (told,) = done(ours.get(f"{API}/cases/disputes.dispute/{dispute.code}/files"))
    assert (told["name"], told["size"], told["media_type"]) == ("bien-ban.pdf", len(SCAN), "application/pdf")
    path = f"{API}/cases/disputes.dispute/{dispute.code}/files/{told['sha256']}"
    answer = ours.get(path)
    assert b"".join(answer.streaming_content) == SCAN
    assert answer["Content-Type"].startswith("application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="bien-ban.pdf"'
    assert ours.get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304
    refused(ours.get(f"{API}/cases/disputes.dispute/{dispute.code}/files/{'0' * 64}"), 404, "not_found")


def test_for_others_neither_list_nor_file_is_there(program, dispute, hoa: Actor):
    theirs = program(hoa)
    paper = Paper.objects.latest("pk").code
    for rest in ("papers", f"papers/{paper}/pdf", "files", f"files/{'0' * 64}"):
        refused(theirs.get(f"{API}/cases/disputes.dispute/{dispute.code}/{rest}"), 404, "not_found")
    refused(program(scenes.LAN).get(f"{API}/cases/khong.co/{dispute.code}/files"), 404, "not_found")
    assert Client().get(f"{API}/cases/disputes.dispute/{dispute.code}/files").status_code == 401


def test_a_letter_of_another_case_is_not_one_of_this(program, dispute):
    request = Request.objects.get()
    paper = Paper.objects.filter(object_type="disputes.dispute").latest("pk").code
    refused(
        program(scenes.PHUC).get(f"{API}/cases/sharing.request/{request.code}/papers/{paper}/pdf"), 404, "not_found"
    )


def test_a_spreadsheet_of_services_is_sent_checked_and_taken_home(program, province):
    ours = program(scenes.LAN)
    template = ours.get(f"{API}/service-imports/template")
    assert template["Content-Type"].endswith("spreadsheetml.sheet")
    scenes.table()
    filled = workbook(SPREADSHEET_ROW).read()
    file = {"name": "khai.xlsx", "content": base64.b64encode(filled).decode()}
    made = done(ours.post(f"{API}/service-imports", {"file": file}, **JSON), 201)
    assert (made["name"], made["drafted_at"]) == ("khai.xlsx", None)
    assert [one["code"] for one in done(ours.get(f"{API}/service-imports"))] == [made["code"]]
    sent = ours.get(f"{API}/service-imports/{made['code']}/file")
    assert b"".join(sent.streaming_content) == filled
    assert 'filename="khai.xlsx"' in sent["Content-Disposition"]
    drafted = done(ours.post(f"{API}/service-imports/{made['code']}/drafts"))
    assert (len(drafted["services"]), drafted["rows"]) == (1, [])
    theirs = program(scenes.PHUC)
    assert done(theirs.get(f"{API}/service-imports")) == []
    refused(theirs.get(f"{API}/service-imports/{made['code']}"), 404, "not_found")
    refused(theirs.get(f"{API}/service-imports/{made['code']}/file"), 404, "not_found")
    refused(theirs.post(f"{API}/service-imports/{made['code']}/drafts"), 404, "not_found")
