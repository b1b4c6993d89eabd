"""SM10 by real requests in parallel: accounts locked, ended, issued; credentials issued, changed, revoked."""

import pytest

import scenes
from at_once import refused, second_officers, signed_in, statuses, together, twin
from nganam.audit.models import Entry
from nganam.audit.queries import verify_chain
from nganam.cases.models import History
from nganam.documents.models import Paper
from nganam.lgsp.models import Credential
from nganam.sharing.models import Account, Breach, Termination

NAMES = {"lan": "Nguyễn Thị Lan", "mai": "Lý Mai", "phuc": "Thạch Phúc", "son": "Kim Sơn"}
GROUND = {"ground": "purpose", "reason": "Dùng sai mục đích."}


@pytest.fixture
def stage(committed_db, make_province):
    """Give a province in a database that commits, with two officers at Sở Y tế and two at the commune."""
    make_province()
    second_officers()


def moves_after(case, version):
    return History.objects.filter(object_type=case.MACHINE.code, object_code=case.code, version__gt=version)


@pytest.mark.law("D43.2", "D44")
@pytest.mark.parametrize("round_", range(3))
def test_of_a_lock_and_a_revocation_at_once_one_is_made_and_the_other_told_by_whom(stage, round_):
    account = scenes.account()
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": account.version}
    path = f"{account.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/lock/", seen | {"reason": "Nghi lộ khóa."}),
        lambda: mai.post(f"{path}/revoke/", seen | GROUND),
    )
    assert statuses(answers) == [302, 422]
    account.refresh_from_db()
    winner = {"locked": "lan", "revoked": "mai"}[account.state]
    assert f"{NAMES[winner]} đã chuyển hồ sơ lúc" in refused(answers)
    assert moves_after(account, seen["version"]).count() == 1
    assert Breach.objects.count() == (account.state == "locked"), "what lost leaves no file"
    assert Termination.objects.count() == (account.state == "revoked")
    assert Paper.objects.filter(object_type="sharing.termination").count() == (account.state == "revoked")
    assert verify_chain().ok


@pytest.mark.law("D44")
def test_an_account_two_sides_end_at_once_ends_once(stage):
    account = scenes.account()
    lan, phuc, seen = signed_in("lan"), signed_in("phuc"), {"version": account.version}
    path = f"{account.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/revoke/", seen | GROUND),
        lambda: phuc.post(f"{path}/give_up/", seen | {"reason": "Không cần nữa."}),
    )
    assert statuses(answers) == [302, 422]
    end = Termination.objects.get()
    winner = {"purpose": "lan", "ended": "phuc"}[end.ground]
    assert f"{NAMES[winner]} đã chuyển hồ sơ lúc" in refused(answers)
    assert verify_chain().ok


def test_a_button_pressed_twice_locks_once(stage):
    account = scenes.account()
    lan = signed_in("lan")
    values = {"version": account.version, "reason": "Nghi lộ khóa."}
    path = f"{account.get_absolute_url()}buoc/lock/"
    answers = together(lambda: lan.post(path, values), lambda: twin(lan).post(path, values))
    assert statuses(answers) == [302, 422]
    assert f"{NAMES['lan']} đã chuyển hồ sơ lúc" in refused(answers)
    assert lan.post(path, values).status_code == 422
    assert (Breach.objects.count(), moves_after(account, values["version"]).count()) == (1, 1)


@pytest.mark.law("D40")
@pytest.mark.parametrize("round_", range(3))
def test_of_two_issuers_at_once_one_issues_and_there_is_one_account(stage, round_):
    request = scenes.sent_request()
    lan, mai = signed_in("lan"), signed_in("mai")
    path, values = (
        f"/yeu-cau/{request.code}/buoc/grant/",
        {"version": request.version, "granted": ["ma_co_so"], **scenes.WITHHELD},
    )
    answers = together(lambda: lan.post(path, values), lambda: mai.post(path, values))
    assert statuses(answers) == [302, 422]
    granted = History.objects.get(object_code=request.code, transition="grant")
    assert f"{granted.actor_name} đã chuyển hồ sơ lúc" in refused(answers)
    assert Account.objects.count() == 1
    assert verify_chain().ok


# ---- credentials ----


@pytest.fixture
def account(stage):
    return scenes.created_account()


def key_form(client, account, **more):
    page = client.get(f"/tai-khoan-ket-noi/{account.code}/khoa/")
    return {"seen": page.context["term"]["seen"].value() or "", **more}


@pytest.mark.law("D35.3")
@pytest.mark.parametrize("round_", range(3))
def test_a_form_sent_twice_at_once_issues_one_credential_and_hands_over_once(account, round_):
    phuc = signed_in("phuc")
    path, values = f"/tai-khoan-ket-noi/{account.code}/khoa/cap/", key_form(phuc, account)
    answers = together(lambda: phuc.post(path, values), lambda: twin(phuc).post(path, values))
    assert statuses(answers) == [200, 422]
    kept = Credential.objects.get()
    said = refused(answers)
    assert f"{NAMES['phuc']} vừa nhận khóa {kept.client_id} lúc" in said
    assert "ma-bi-mat" not in said
    assert kept.client_id in next(one for one in answers if one.status_code == 200).content.decode()
    assert phuc.post(path, values).status_code == 422, "a retry after a timeout does nothing twice"
    assert Credential.objects.count() == 1
    assert Entry.objects.filter(action="lgsp.credential.issued").count() == 1
    assert History.objects.filter(object_code=account.code, transition="hand_over").count() == 1
    assert phuc.post(path, key_form(phuc, account)).status_code == 200, "who looked again may"


@pytest.mark.parametrize("round_", range(3))
def test_of_two_who_change_the_credential_at_once_one_does(account, round_):
    phuc, son = signed_in("phuc"), signed_in("son")
    path = f"/tai-khoan-ket-noi/{account.code}/khoa/cap/"
    assert phuc.post(path, key_form(phuc, account)).status_code == 200
    old, values = Credential.objects.get(), key_form(son, account)
    answers = together(lambda: phuc.post(path, values), lambda: son.post(path, values))
    assert statuses(answers) == [200, 422]
    new = Credential.objects.exclude(pk=old.pk).get()
    assert f"{new.created_by} vừa nhận khóa {new.client_id} lúc" in refused(answers)
    away = f"/tai-khoan-ket-noi/{account.code}/khoa/{old.client_id}/thu-hoi/"
    told = together(lambda: phuc.post(away, follow=True), lambda: son.post(away, follow=True))
    deeds = Entry.objects.filter(action="lgsp.credential.revoked")
    assert deeds.count() == 1
    pages = [one.content.decode() for one in told]
    assert sum(f"{deeds.get().actor_name} đã thu hồi khóa này lúc" in page for page in pages) == 1
    assert sum("Đã thu hồi khóa; cổng từ chối" in page for page in pages) == 1
    assert verify_chain().ok


def test_a_key_and_a_secret_at_once_are_one_change(account):
    phuc, son = signed_in("phuc"), signed_in("son")
    page = f"/tai-khoan-ket-noi/{account.code}/khoa/"
    jwk = (
        '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
        '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
    )
    values = key_form(phuc, account)
    answers = together(lambda: phuc.post(f"{page}cap/", values), lambda: son.post(page, values | {"jwk": jwk}))
    assert Credential.objects.count() == 1
    kept = Credential.objects.get()
    loser = answers[1 if kept.kind == "secret" else 0].content.decode()
    assert f"{kept.created_by} vừa nhận khóa {kept.client_id} lúc" in loser
