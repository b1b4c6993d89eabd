"""The page where an application's keys and certificates are kept, as officers get it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

import scenes
from gateway_rig import certificate_request
from nganam.lgsp import certificates, operations
from nganam.lgsp.models import Certificate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(make_province, data):
    make_province()
    account, now = scenes.account(), timezone.now()
    operations.issue_credential(account, actor=scenes.PHUC, at=now)
    operations.issue_api_key(account, actor=scenes.PHUC, at=now)
    for _ in range(2):
        csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
        certificates.issue_certificate(account, actor=scenes.PHUC, at=now, csr=csr)
    certificates.revoke_certificate(Certificate.objects.first(), actor=scenes.PHUC, at=now)
    return account


def test_every_kind_is_shown_issued_and_revoked(account, browser_page, live, seen, client):
    client.login(username="phuc", password=scenes.PASSWORD)
    browser_page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live}])
    browser_page.goto(f"{live}/tai-khoan-ket-noi/{account.code}/khoa/")
    shown = browser_page.content()
    for text in ("Mã bí mật", "Khóa API", "Chứng thư TLS (mTLS)", "lgsp:VN/GOV/CT-X31507/MCDT", "Thu hồi"):
        assert text in shown
    seen(browser_page, "khoa")
    browser_page.get_by_text("Cấp chứng thư mới hoặc gia hạn").click()
    key = ec.generate_private_key(ec.SECP256R1())
    browser_page.get_by_label("Yêu cầu cấp chứng thư").fill("-----BEGIN nothing")
    browser_page.get_by_role("button", name="Cấp chứng thư", exact=True).click()
    assert "Không đọc được CSR này" in browser_page.content()
    seen(browser_page, "csr")
    browser_page.get_by_label("Yêu cầu cấp chứng thư").fill(certificate_request(key))
    browser_page.get_by_role("button", name="Cấp chứng thư", exact=True).click()
    assert "Đã cấp chứng thư" in browser_page.content()
    assert Certificate.objects.count() == 3
    browser_page.get_by_role("button", name="Cấp khóa API").click()
    assert "Khóa API không mở dịch vụ nào" in browser_page.content()
    seen(browser_page, "api")
    assert [one for one in browser_page.said if "422" not in one] == []
