"""The pages of master data: an officer declares, adds tables, matches, reviews, decides; others find nothing."""

import shutil

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nganam.audit.models import Entry
from nganam.master import places, queries, running
from nganam.master.models import Decision, EntitySet

from .conftest import AT, CLINIC, MAPPED, REGISTER, WORKER, digest_of, entity_of

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def sign_in(province):
    from nganam.accounts.models import Person

    def as_person(username):
        client = Client()
        client.force_login(Person.objects.get(username=username))
        return client

    return as_person


def paths(found):
    left, right = sorted((digest_of("so-dang-ky", "A4"), digest_of("phong-kham", "B4")))
    entity = entity_of(found, "so-dang-ky", "A1")
    base = found.get_absolute_url()
    return [base, f"{base}lan/1/"], [
        f"{base}xem-xet/", f"{base}cap/{left}/{right}/", f"{base}quyet-dinh/", f"{base}doi-tuong/",
        entity.get_absolute_url(), f"{base}doi-tuong/?q=be", f"{base}doi-tuong/?khac=1",
    ]  # fmt: skip


def test_lan_declares_adds_tables_and_matches(sign_in, load):
    lan = sign_in("lan")
    load("so-dang-ky", REGISTER)
    load("phong-kham", CLINIC)
    assert "Chưa có tập nào" in lan.get("/du-lieu-chu/").content.decode()
    wrong = lan.post("/du-lieu-chu/moi/", {"title": "Người", "kind": "person", "join_from": 40, "review_from": 60})
    assert wrong.status_code == 422
    assert "không cao hơn ngưỡng ghép" in wrong.content.decode()
    lan.post("/du-lieu-chu/moi/", {"title": "Người", "kind": "person", "join_from": 99, "review_from": 50})
    found = EntitySet.objects.get()
    base = found.get_absolute_url()
    assert "phong-kham" in lan.get(f"{base}bang/").content.decode()
    refused = lan.post(f"{base}bang/so-dang-ky/", {"identifier": "so_dinh_danh"})
    assert refused.status_code == 422
    for table in ("so-dang-ky", "phong-kham"):
        assert lan.post(f"{base}bang/{table}/", MAPPED).status_code == 302
    assert lan.post(f"{base}ghep/").status_code == 302
    running.run(actor=WORKER, now=lambda: AT, code=found.code, number=1)
    page = lan.get(base).content.decode()
    assert "Xem xét 1 cặp" in page
    assert "bieu-do" in page
    changed = {"title": "Người", "join_from": 99, "review_from": 50, "trusted_phone": "phong-kham"}
    assert lan.post(f"{base}sua/", changed).status_code == 302
    assert EntitySet.objects.get().trusted == {"phone": "phong-kham"}
    assert lan.get(f"{base}sua/").status_code == lan.get(f"{base}bang/so-dang-ky/").status_code == 200
    lan.post(f"{base}bang/phong-kham/bo/")
    assert EntitySet.objects.get().trusted == {}
    assert found.members.count() == 1


def test_sets_are_listed_page_by_page_in_as_many_queries_as_one(sign_in, people, match):
    match(people)
    lan, asked = sign_in("lan"), []
    for more in (0, 40):
        EntitySet.objects.bulk_create(
            EntitySet(code=f"DLC-{at}", title=f"Tập {at:02d}", kind="place", agency=people.agency, created_at=AT)
            for at in range(more)
        )
        with CaptureQueriesContext(connection) as queried:
            page = lan.get("/du-lieu-chu/").content.decode()
        asked.append(len(queried))
        assert "Người bệnh" in page
        assert "24/11/2026" in page  # when it was matched
    assert asked[1] <= asked[0] + 2  # how many there are, and the page's keys
    assert "Tập 28" in page
    assert "Tập 39" not in page
    assert "Tập 39" in lan.get("/du-lieu-chu/?trang=2").content.decode()


def test_pages_of_records_are_the_owners_officers_alone(sign_in, people, match):
    match(people)
    plain, closed = paths(people)
    lan, minh, phuc, dung = sign_in("lan"), sign_in("minh"), sign_in("phuc"), Client()
    for path in [*plain, *closed]:
        with CaptureQueriesContext(connection) as asked:
            assert lan.get(path).status_code == 200, path
        reads = [one for one in asked.captured_queries if one["sql"].startswith("SELECT")]
        assert len(reads) <= 20, (path, len(reads))  # those that tell values also write the audit
        assert phuc.get(path).status_code == 404, path
        assert dung.get(path).status_code == 302, path
    assert [minh.get(path).status_code for path in plain] == [200, 200]
    assert {minh.get(path).status_code for path in closed} == {404}
    assert "Nguyễn" not in minh.get(people.get_absolute_url()).content.decode()


def test_a_view_of_records_is_in_the_audit_without_values(sign_in, people, match):
    match(people)
    lan, entity = sign_in("lan"), entity_of(people, "so-dang-ky", "A1")
    page = lan.get(entity.get_absolute_url()).content.decode()
    assert "Nguyễn Văn An" in page
    assert "0959999999" in page  # the clinic says otherwise, and is told
    told = Entry.objects.filter(action="master.values.read").latest("pk")
    assert told.details == {"entities": [entity.code]}


def test_lan_decides_from_pair_to_pair_and_takes_it_back(sign_in, people, match):
    match(people)
    lan = sign_in("lan")
    _plain, closed = paths(people)
    pair = closed[1]
    page = lan.get(pair).content.decode()
    assert "giống nhau" in page
    assert "Đặng Quốc Việt" in page
    empty = lan.post(pair, {"verdict": "same", "reason": ""})
    assert empty.status_code == 422
    assert not Decision.objects.exists()
    done = lan.post(pair, {"verdict": "different", "reason": "Hai người, một số ghi nhầm"})
    assert done["Location"].endswith("/xem-xet/")
    assert Decision.objects.get().same is False
    again = lan.post(pair, {"verdict": "same", "reason": "Thử lại"})
    assert "Trái với quyết định đang có hiệu lực" in again.content.decode()
    assert "Hai người, một số ghi nhầm" in lan.get(closed[2]).content.decode()
    lan.post(f"{people.get_absolute_url()}quyet-dinh/1/rut/")
    assert queries.waiting(people)


def test_a_decision_kept_while_files_go_leads_to_the_list(sign_in, people, match):
    one = match(people)
    lan, pair = sign_in("lan"), paths(people)[1][1]
    shutil.rmtree(places.run(one))
    done = lan.post(pair, {"verdict": "different", "reason": "Hai người, một số ghi nhầm"})
    assert (done.status_code, done["Location"]) == (302, f"{people.get_absolute_url()}xem-xet/")
    assert Decision.objects.count() == 1
    assert "Kết quả ghép chưa có" in lan.get(done["Location"]).content.decode()


def test_a_button_that_says_neither_decides_nothing(sign_in, people, match):
    match(people)
    lan = sign_in("lan")
    answer = lan.post(paths(people)[1][1], {"reason": "Phím Enter"})
    assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_before_a_run_pages_say_what_to_do(sign_in, people):
    lan = sign_in("lan")
    assert "Kết quả ghép chưa có" in lan.get(f"{people.get_absolute_url()}xem-xet/").content.decode()
    assert lan.get(f"{people.get_absolute_url()}doi-tuong/").status_code == 503
