"""The lists through their pages and the public interface."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nganam.accounts.models import Person
from nganam.codelists import operations
from nganam.codelists.models import CodeListVersion

pytestmark = pytest.mark.django_db
HOME, KEEP = "/danh-muc-dung-chung/", "/danh-muc-dung-chung/quan-ly/"


@pytest.fixture
def as_(client, province):
    def sign_in(username):
        client.logout()
        client.force_login(Person.objects.get(username=username))
        return client

    return sign_in


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.content.decode()


def test_from_declaration_to_publication_through_the_pages(as_, client):
    lan = as_("lan")
    said = {"title": "Loại cơ sở", "code": "loai-co-so", "kind": "local", "keeping": "here"}
    assert "Loại cơ sở" in text(lan.post(f"{KEEP}moi/", said, follow=True))
    said["kind"] = "national"
    assert "văn bản ban hành" in text(lan.post(f"{KEEP}moi/", said | {"code": "khac"}), 422)
    there = f"{KEEP}ma/loai-co-so/"
    wrong = {"file": SimpleUploadedFile("a.csv", b"ma,ten\n01,\n"), "valid_from": "2026-01-01"}
    assert "Dòng 2: thiếu tên" in text(lan.post(f"{there}nhap/", wrong), 422)
    good = {
        "file": SimpleUploadedFile("a.csv", "ma,ten\n01,Trạm\n".encode()),
        "valid_from": "2026-01-01",
        "paper": "QĐ 5",
    }
    page = text(lan.post(f"{there}nhap/", good, follow=True))
    assert "Bản thảo: chưa ai dùng mã này" in page
    assert "Trạm" in page
    assert client.get(f"{HOME}loai-co-so/").status_code == 404
    assert as_("phuc").get(there).status_code == 404
    assert "Đã công bố phiên bản" in text(as_("lan").post(f"{there}1/cong-bo/", follow=True))
    assert CodeListVersion.objects.get().state == "published"
    client.logout()
    assert "Trạm" in text(client.get(f"{HOME}loai-co-so/?ngay=2026-02-01"))
    assert client.post(f"{there}1/bo/").status_code == 404


def test_a_visitor_reads_lists_searches_walks_down_and_looks_a_code_up(client, kinds, units):
    assert "Loại hồ sơ" in text(client.get(HOME))
    page = text(client.get(f"{HOME}loai/?ngay=2024-05-01"))
    assert "Nhóm một" in page
    assert "Hai" not in page.split("<tbody")[1]  # below A
    assert "Hai" in text(client.get(f"{HOME}loai/?ngay=2024-05-01&cha=A"))
    assert "Hai" in text(client.get(f"{HOME}loai/?ngay=2024-05-01&q=hai"))
    assert "đang hiện danh mục hôm nay" in text(client.get(f"{HOME}loai/?ngay=hom-qua"))
    page = text(client.get(f"{HOME}xa-phuong/ma/31498/"))
    assert "Mã này nay là" in page
    assert "Phường Sóc Trăng" in page
    assert "NQ 1668/NQ-UBTVQH15" in page
    assert client.get(f"{HOME}xa-phuong/ma/99999/").status_code == 404
    assert "nay là" in text(client.get(f"{HOME}loai/so-sanh/?tu=2024-01-01&den=2026-01-01"))
    assert "Nhóm một" in text(client.get(f"{HOME}loai/v/1/"))
    assert client.get(f"{HOME}loai/v/9/").status_code == 404


def test_a_file_can_be_imported_again_as_it_was_downloaded(client, kinds, bring):
    got = client.get(f"{HOME}loai/v/2/ma.csv")
    assert "immutable" in got["Cache-Control"]
    assert client.get(f"{HOME}loai/v/2/ma.csv", headers={"If-None-Match": got["ETag"]}).status_code == 304
    again = bring(got.content, kinds.versions.get(number=2).valid_from, publish=False)
    second = kinds.versions.get(number=2)
    assert operations.content_digest(again) == second.sha256
    assert client.get(f"{HOME}loai/ma.csv?ngay=1990-01-01").status_code == 404
    assert "01,Một,One,A," in client.get(f"{HOME}loai/ma.csv?ngay=2024-01-01").content.decode()


def test_programs_read_lists_by_day_without_a_key(client, kinds, units):
    api = "/api/v1/code-lists"
    assert [one["code"] for one in client.get(api).json()] == ["xa-phuong", "loai"]  # as Vietnamese sorts
    got = client.get(f"{api}/loai/entries?on=2024-05-01&parent=A").json()
    assert (got["version"], got["count"], [one["code"] for one in got["codes"]]) == (1, 3, ["01", "02", "03"])
    assert client.get(f"{api}/xa-phuong/entries?q=nga+nam").json()["codes"][0]["name"] == "Phường Ngã Năm"
    one = client.get(f"{api}/xa-phuong/entries/31498?on=2024-05-01").json()
    assert one["in_force"]["name"] == "Phường 5"
    assert one["history"][0]["after"] == [{"code": "31507", "name": "Phường Sóc Trăng"}]
    heirs = client.get(f"{api}/loai/entries/04/successors").json()
    assert (heirs["split"], heirs["whole"], len(heirs["successors"])) == (True, True, 2)
    told = client.get(f"{api}/loai/difference?before=2024-01-01&after=2026-01-01").json()
    assert told["removed"][0] | {"name": ""} == {
        "code": "01", "name": "", "name_en": "One", "parent": "A", "extra": {}, "successors": ["12"],
    }  # fmt: skip
    assert [one["number"] for one in client.get(f"{api}/loai/versions").json()] == [1, 2]
    for path in ("/khong-co", "/loai/entries?on=1990-01-01", "/loai/entries/77", "/loai/entries/77/successors"):
        assert client.get(f"{api}{path}").status_code == 404, path
    assert client.get(f"{api}/loai/entries?on=hom-nay").status_code == 422


def test_an_answer_is_not_sent_again_while_nothing_changed(client, kinds, bring):
    path = "/api/v1/code-lists/loai/entries?on=2026-01-01"
    tag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    bring("ma,ten\n12,Khác\n", kinds.versions.get(number=2).valid_from)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_lists_of_the_sample_come_from_its_files(province):
    from django.utils import timezone

    from nganam.agencies.models import Agency
    from nganam.codelists import queries
    from nganam.demo.code_lists import LISTS, build_code_lists
    from nganam.kernel.actors import system
    from nganam.kernel.clock import local_date

    Agency.objects.create(code="CT-TK", name="Thống kê", kind="central", valid_from="2025-07-01")
    build_code_lists(actor=system("demo"), at=timezone.now())
    lists = {one.code: one for one in queries.public_lists()}
    assert set(lists) == {one.code for one in LISTS}
    sizes = {code: lists[code].versions.get().size for code in ("dan-toc", "nganh-kinh-te", "gioi-tinh")}
    assert sizes == {"dan-toc": 54, "nganh-kinh-te": 150, "gioi-tinh": 4}
    assert queries.entry_on(lists["dan-toc"], "01", local_date(timezone.now())).name == "Kinh"
