"""An application's name, purpose and contact are kept up to date by its agency; two do not write over each other."""

import pytest
from django.test import Client

import scenes
from by_program import JSON, done, program_of, refused
from nganam.audit.models import Entry
from nganam.face.paging import PAGE
from nganam.kernel.errors import NotAllowed, StateMoved
from nganam.sharing.models import Application
from nganam.sharing.requests import operations

pytestmark = pytest.mark.django_db
API = "/api/v1"
SAID = {"name": "Một cửa điện tử", "description": "Tra cứu khi tiếp nhận hồ sơ.", "contact": "Thạch Phúc, 0294 000"}


@pytest.fixture
def application(province):
    return operations.register_application(actor=scenes.PHUC, at=scenes.AT, code="MCDT", name="Một cửa")


def signed_in(username):
    client = Client()
    assert client.login(username=username, password=scenes.PASSWORD)
    return client


def edit(application, actor=scenes.PHUC, **more):
    return operations.edit_application(actor=actor, at=scenes.AT, application=application, **SAID | more)


def test_what_is_told_of_an_application_is_changed_and_recorded(application):
    changed = edit(application, version=0)
    assert (changed.name, changed.contact, changed.version) == (SAID["name"], SAID["contact"], 1)
    entry = Entry.objects.get(action="sharing.application.edited")
    assert entry.object_code == "CT-X31507/MCDT"
    assert entry.details["changed"] == ["contact", "description", "name"]
    assert entry.details["before"]["name"] == "Một cửa"


def test_who_comes_second_is_told_and_writes_over_nobody(application):
    edit(application, version=0)
    with pytest.raises(StateMoved):
        edit(application, name="Bản khác", version=0)
    assert Application.objects.get(code="MCDT").name == SAID["name"]


def test_another_agency_changes_nothing(application):
    with pytest.raises(NotAllowed):
        edit(application, actor=scenes.LAN)
    assert signed_in("lan").get("/ung-dung/MCDT/sua/").status_code == 404
    refused(program_of(scenes.LAN).put(f"{API}/applications/MCDT", SAID, **JSON), 404, "not_found")


def test_the_page_keeps_what_was_typed_when_somebody_was_first(application):
    phuc = signed_in("phuc")
    page = phuc.get("/ung-dung/MCDT/sua/")
    assert page.context["form"].initial["version"] == 0
    edit(application)
    late = phuc.post("/ung-dung/MCDT/sua/", SAID | {"name": "Tên của tôi", "version": 0})
    assert late.status_code == 422
    assert "Tên của tôi" in late.content.decode()
    assert "vừa được người khác sửa" in late.content.decode()
    assert phuc.post("/ung-dung/MCDT/sua/", SAID | {"version": 1}).status_code == 302


def test_the_list_is_searched_and_paged(application, django_assert_max_num_queries):
    for number in range(PAGE + 1):
        operations.register_application(
            actor=scenes.PHUC, at=scenes.AT, code=f"A{number:03}", name=f"Ứng dụng {number}"
        )
    phuc = signed_in("phuc")
    phuc.get("/ung-dung/")
    with django_assert_max_num_queries(15):
        first = phuc.get("/ung-dung/")
    assert len(first.context["page"].object_list) == PAGE
    assert [one.code for one in phuc.get("/ung-dung/?trang=2").context["page"]][-1] == "MCDT"
    assert [one.code for one in phuc.get("/ung-dung/?q=mcdt").context["page"]] == ["MCDT"]
    assert "Không có ứng dụng nào khớp" in phuc.get("/ung-dung/?q=zzz").content.decode()


def test_a_program_edits_and_finds_by_the_same_deed(application):
    program = program_of(scenes.PHUC)
    changed = done(program.put(f"{API}/applications/MCDT", SAID | {"version": 0}, **JSON))
    assert (changed["contact"], changed["version"]) == (SAID["contact"], 1)
    refused(program.put(f"{API}/applications/MCDT", SAID | {"version": 0}, **JSON), 409, "state_moved")
    assert [one["code"] for one in done(program.get(f"{API}/applications?q=cửa"))] == ["MCDT"]
    assert done(program.get(f"{API}/applications?q=zzz")) == []
