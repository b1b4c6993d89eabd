"""SM10 and SM11 told through the pages, by people who sign in."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

import scenes
import scenes_accounts as suspensions
from nganam.sharing.models import Account, Breach, Delegation, Maintenance, Termination

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """Return a clock the doors read: moved by setting ``at``."""
    with time_machine.travel(scenes.AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sign_in(client, province, clock):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def steps(page, base):
    """Return the moves a page offers."""
    return set(re.findall(rf'action="{base}buoc/([a-z_]+)/"', page))


@pytest.mark.law("D40", "D41", "D43", "D43.2", "D44", "S9.7")
def test_an_account_from_its_creation_to_the_archive(sign_in, clock):
    account = scenes.created_account()
    base = f"/tai-khoan-ket-noi/{account.code}/"
    phuc = sign_in("phuc")
    assert steps(phuc.get(base).content.decode(), base) == {"give_up"}
    page = phuc.post(f"{base}khoa/cap/", {"valid_until": ""}).content.decode()
    assert "Chép mã bí mật ngay bây giờ" in page
    assert Account.objects.get().state == "active", "handed over with its first key"
    # A second key beside the first, then the first goes.
    phuc.post(f"{base}khoa/cap/", {"valid_until": "2026-12-31"})
    page = phuc.get(f"{base}khoa/").content.decode()
    assert "Đổi khóa không gián đoạn" in page
    assert "Chưa thấy ứng dụng lấy mã bằng khóa mới" in page
    old = Account.objects.get().credentials.order_by("pk").first()
    phuc.post(f"{base}khoa/{old.client_id}/thu-hoi/")
    assert Account.objects.get().credentials.filter(revoked_at__isnull=True).count() == 1
    lan = sign_in("lan")
    assert steps(lan.get(base).content.decode(), base) == {"adjust", "lock", "renew", "revoke"}
    lan.post(f"{base}buoc/lock/", {"reason": "Kiểm tra bất thường"})
    page = lan.get(base).content.decode()
    assert "Đang có hồ sơ vi phạm, nguy cơ" in page
    lan.post(f"{base}buoc/restore/", {})
    assert Account.objects.get().state == "active"
    again = lan.post(f"{base}buoc/revoke/", {"reason": "Hết nhu cầu"})
    assert again.status_code == 422, "no ground, no end"
    lan.post(f"{base}buoc/revoke/", {"ground": "ended", "reason": "Hết nhu cầu"})
    assert "Hồ sơ chấm dứt" in lan.get(base).content.decode()
    lan.post(f"{base}buoc/archive/", {})
    assert Account.objects.get().state == "archived"
    assert steps(lan.get(base).content.decode(), base) == set()


@pytest.mark.law("D43.1", "D43.3", "S8.2c")
def test_a_planned_stop_from_the_plan_to_the_restoration(sign_in, clock, client):
    account = scenes.account()
    lan = sign_in("lan")
    assert (
        f"/tam-ngung/quan-ly/dich-vu/moi/?dich-vu={account.service.code}"
        in lan.get(f"/dich-vu/quan-ly/{account.service.code}/").content.decode()
    )
    form = lan.get(f"/tam-ngung/quan-ly/dich-vu/moi/?dich-vu={account.service.code}").content.decode()
    assert "sớm nhất được tạm ngừng từ ngày 13/11/2026" in form
    values = {
        "services": [account.service.code], "ground": "maintenance", "work": "Nâng cấp máy chủ.", "force": "",
        "planned_from": "2026-11-12T22:00", "planned_until": "2026-11-13T04:00", "once": "k",
    }  # fmt: skip
    refused = lan.post("/tam-ngung/quan-ly/dich-vu/moi/", values)
    assert refused.status_code == 422
    assert "sớm nhất được tạm ngừng từ ngày 13/11/2026" in refused.content.decode()
    assert 'value="2026-11-12T22:00"' in refused.content.decode(), "what was typed stays"
    values |= {"planned_from": "2026-11-13T22:00", "planned_until": "2026-11-14T04:00"}
    for _twice in range(2):
        lan.post("/tam-ngung/quan-ly/dich-vu/moi/", values)
    stop = Maintenance.objects.get()
    base = stop.get_absolute_url()
    assert steps(lan.get(base).content.decode(), base) == {"announce", "cancel"}
    lan.post(f"{base}sua/", {**values, "work": "Nâng cấp máy chủ và sao lưu."})
    client.logout()
    assert "BT-2026-0001" not in client.get("/tam-ngung/").content.decode()
    phuc = sign_in("phuc")
    assert phuc.get(base).status_code == 404, "a plan is its provider's"
    lan = sign_in("lan")
    lan.post(f"{base}buoc/announce/", {})
    client.logout()
    assert "Nâng cấp máy chủ và sao lưu." in client.get("/tam-ngung/").content.decode()
    phuc = sign_in("phuc")
    assert steps(phuc.get(base).content.decode(), base) == set()
    assert "Dịch vụ sắp tạm ngừng" in phuc.get(f"/tai-khoan-ket-noi/{account.code}/").content.decode()
    clock.move_to(datetime(2026, 11, 13, 15, 0, tzinfo=UTC))
    lan = sign_in("lan")
    lan.post(f"{base}buoc/stop/", {})
    assert Maintenance.objects.get().state == "stopped"
    lan.post(f"{base}buoc/extend/", {"reason": "Ổ đĩa hỏng.", "planned_until": "2026-11-14T06:00"})
    clock.shift(timedelta(hours=7))
    lan = sign_in("lan")
    lan.post(f"{base}buoc/restore/", {})
    page = lan.get(base).content.decode()
    assert "đúng hẹn" in page
    client.logout()
    assert client.get(f"/dich-vu/{account.service.code}/").status_code == 200


@pytest.mark.law("D43.4")
def test_force_majeure_is_published_and_stops_at_once(sign_in, client):
    account = scenes.account()
    lan = sign_in("lan")
    values = {
        "services": [account.service.code], "ground": "force_majeure", "work": "Khắc phục điện.", "force": "",
        "planned_from": "2026-11-03T08:30", "planned_until": "2026-11-03T16:00", "once": "k",
    }  # fmt: skip
    refused = lan.post("/tam-ngung/quan-ly/dich-vu/moi/", values)
    assert "Phải nêu sự kiện bất khả kháng." in refused.content.decode()
    lan.post("/tam-ngung/quan-ly/dich-vu/moi/", {**values, "force": "Mất điện do bão."})
    base = Maintenance.objects.get().get_absolute_url()
    lan.post(f"{base}buoc/announce/", {})
    assert Maintenance.objects.get().state == "stopped"
    client.logout()
    page = client.get("/tam-ngung/").content.decode()
    assert "Mất điện do bão." in page
    assert "Bất khả kháng" in page


@pytest.mark.law("D43.2", "D43.5", "D51.1b", "D44.3", "D42")
def test_a_breach_from_the_suspicion_to_the_deleted_data(sign_in):
    account = suspensions.synchronised_account()
    lan = sign_in("lan")
    assert (
        f"/tam-ngung/quan-ly/vi-pham/moi/?tai-khoan={account.code}"
        in lan.get(account.get_absolute_url()).content.decode()
    )
    lan.post("/tam-ngung/quan-ly/vi-pham/moi/", {"accounts": [account.code], "suspicion": "Tra cứu ban đêm."})
    base = Breach.objects.get().get_absolute_url()
    assert steps(lan.get(base).content.decode(), base) == {"demand_report", "determine", "clear"}
    lan.post(f"{base}buoc/demand_report/", {"demand": "Ai tra cứu?", "report_due_on": "2026-11-10"})
    phuc = sign_in("phuc")
    page = phuc.get(base).content.decode()
    assert "10/11/2026" in page
    assert steps(page, base) == {"submit_report"}
    phuc.post(f"{base}buoc/submit_report/", {"usage_report": "Nhân viên cũ dùng chung khóa."})
    lan = sign_in("lan")
    lan.post(f"{base}buoc/determine/", {"ground": "breach", "finding": "Dùng chung khóa.", "found_at": ""})
    assert "khoản 5 Điều 43" in lan.get(base).content.decode()
    refused = lan.post(f"{base}buoc/notify/", {"handling": "Tạm ngừng.", "requirements": ""})
    assert refused.status_code == 422
    assert "Tạm ngừng." in refused.content.decode(), "what was typed stays"
    lan.post(f"{base}buoc/notify/", {"handling": "Tạm ngừng.", "requirements": "Thay khóa, kỷ luật người vi phạm."})
    lan.post(f"{base}buoc/suspend/", {})
    assert Account.objects.get().state == "locked"
    phuc = sign_in("phuc")
    assert "Thay khóa, kỷ luật người vi phạm." in phuc.get(base).content.decode()
    phuc.post(f"{base}buoc/report_remedy/", {"remedy": "Đã thay khóa."})
    lan = sign_in("lan")
    lan.post(f"{base}buoc/terminate/", {"ground": "purpose", "reason": "Đã dùng cho việc khác."})
    end = Termination.objects.get()
    base = end.get_absolute_url()
    assert "Chờ xóa, hủy dữ liệu đã nhận" in lan.get(base).content.decode()
    phuc = sign_in("phuc")
    values = {"deletion": "Xóa bảng.", "deleted_on": "2026-11-03", "evidence": "05/BB-UBND"}
    phuc.post(f"{base}buoc/report_deletion/", values)
    lan = sign_in("lan")
    lan.post(f"{base}buoc/accept_deletion/", {})
    assert Termination.objects.get().state == "closed"
    for path in ("", "vi-pham/", "cham-dut/"):
        assert lan.get(f"/tam-ngung/quan-ly/{path}", {"q": "2026", "trang-thai": "closed"}).status_code == 200


@pytest.mark.law("D40.2")
def test_a_delegation_is_recorded_and_ended(sign_in):
    lan = sign_in("lan")
    page = "/tai-khoan-ket-noi/uy-quyen/"
    values = {"database": "", "paper": "12/QĐ-SYT", "valid_from": "2026-11-01", "valid_until": ""}
    assert lan.post(page, {**values, "paper": ""}).status_code == 422
    lan.post(page, values)
    given = Delegation.objects.get()
    minh = sign_in("minh")
    shown = minh.get(page).content.decode()
    assert given.code in shown
    assert "Ủy quyền cho đơn vị vận hành LGSP" not in shown, "the operator does not delegate to itself"
    lan = sign_in("lan")
    lan.post(f"{page}{given.code}/ket-thuc/")
    assert Delegation.objects.get().ended_at is not None


def test_other_agencies_find_none_of_it(sign_in):
    breach = suspensions.suspended_breach()
    end = suspensions.ended_sharing(breach.account)
    client = sign_in("khanh")
    pages = (breach.get_absolute_url(), end.get_absolute_url(), "/tam-ngung/quan-ly/", "/tai-khoan-ket-noi/uy-quyen/")
    for path in pages:
        assert client.get(path).status_code == 404
        assert client.post(f"{path}buoc/restore/").status_code == 404


def test_the_page_of_an_account_and_of_its_files_ask_few_questions(sign_in, django_assert_max_num_queries):
    account = scenes.account()
    suspensions.announced_stop(account.service)
    breach = suspensions.suspended_breach(account)
    end = suspensions.ended_sharing(breach.account)
    client = sign_in("lan")
    for path in (account.get_absolute_url(), breach.get_absolute_url(), end.get_absolute_url(), "/tai-khoan-ket-noi/"):
        client.get(path)
        with django_assert_max_num_queries(20):
            client.get(path)


@pytest.mark.parametrize("path", ["", "vi-pham/", "cham-dut/"])
def test_a_list_asks_few_questions_whatever_its_length(sign_in, path, django_assert_max_num_queries):
    suspensions.suspended_breach()
    suspensions.announced_stop(Account.objects.get().service)
    suspensions.ended_sharing(Account.objects.get())
    client = sign_in("lan")
    with django_assert_max_num_queries(15):
        client.get(f"/tam-ngung/quan-ly/{path}")
