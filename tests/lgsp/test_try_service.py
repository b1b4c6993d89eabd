"""Trying a service with everything real: the page's call, and the samples run by the programs they are written for."""

import os
import shutil
import subprocess
import sys

import pytest
from django.utils import timezone

import scenes
from gateway_rig import Stack, free_port, wait_for
from nganam.audit import queries as audit
from nganam.kernel.sandbox import twin_of
from nganam.lgsp import queries as lgsp
from nganam.lgsp import sandbox_tokens, tokens
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.models import Exchange
from nganam.lgsp.operations import issue_credential
from nganam.lgsp.snapshots import watching
from nganam.lgsp.tokens import Proof
from nganam.lgsp.trying import Question
from nganam.portal.samples import samples
from nganam.services.sandbox import ensure_copies, twin_path
from nganam.serving.snapshot import read_snapshot
from nganam.sharing.sandbox import operations

pytestmark = [pytest.mark.slow, pytest.mark.once]
NASTY = "Trạm “1”, '\"\\ $HOME `id`\n%s {x} «url» \\u000a & =?# é"
RUN = {
    "mau-curl": ("sh", "goi.sh"), "mau-python": (sys.executable, "goi.py"),
    "mau-java": ("java", "GoiDichVu.java"), "mau-javascript": ("node", "goi.mjs"),
}  # fmt: skip


@pytest.fixture
def running(data, committed_db, make_province, settings):
    make_province()
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()), web=f"127.0.0.1:{free_port()}")
    settings.NGANAM_GATEWAY_URL = f"http://127.0.0.1:{stack.listen.port}"
    try:
        stack.start_serving()
        stack.start_web()
        stack.start_gateway()
        stack.start_collector()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def service(running):
    found = scenes.published_service()
    ensure_copies(at=timezone.now())
    return found


@pytest.fixture
def application(service):
    return scenes.application()


def until(running, path, token, status, seconds=10.0):
    return wait_for(lambda: (got := running.ask(path, token)).status == status and got, seconds)


def is_told(running, service):
    """Say whether data server and gateway know the service's twin."""
    told = running.data / "serving" / "snapshot.json"
    known = told.exists() and twin_of(service.code) in read_snapshot(told).services
    return known and all(one.current for one in watching.node_states())


def test_from_the_key_to_the_call_to_the_revocation_and_the_samples_run(running, application, service, tmp_path):
    now = timezone.now()
    made, secret = operations.issue_test_credential(application, actor=scenes.PHUC, at=now)
    token = sandbox_tokens.issue_test_token(Proof(made.client_id, secret=secret), at=now).text
    path = twin_path(service, "VN")
    page = until(running, f"{path}/?limit=3", token, 200).json
    key = page["data"][0]["ma_co_so"]
    assert set(page["data"][0]) == set(scenes.FIELDS)  # every item, personal ones too: they are nobody's

    env = {**os.environ, "CLIENT_ID": made.client_id, "CLIENT_SECRET": secret}
    at_gateway = f"http://127.0.0.1:{running.listen.port}/oauth2/token"
    nasty = Question(parameters={"loai": NASTY, "limit": "2"})
    missing = []
    each = Question(form="$batch", keys=("KHÔNG CÓ, '1'", key), parameters={"fields": "ma_co_so"})
    asked_of = [
        (Question(key=(key,)), f'"ma_co_so":"{key}"'), (nasty, '"data":[]'),
        (each, f'"result":"data_absent","data":null}},{{"key":"{key}","result":"data","data":{{"ma_co_so":"{key}"}}}}'),
        (Question(form="$changes", parameters={"since": str(page["version"])}), f'"next_since":{page["version"]}'),
        (Question(form="$aggregate"), '"smallest_group":5'),
    ]  # fmt: skip
    for question, wanted in asked_of:
        for one in samples(lgsp.sandbox_url(service), at_gateway, question):
            if one.id not in RUN:
                continue  # C#: parsed and its literals tested (test_write_samples), there is no SDK to run it with
            program, file = RUN[one.id]
            if shutil.which(program) is None:
                missing.append(program)
                continue
            (tmp_path / file).write_text(one.text, encoding="utf-8")
            ran = subprocess.run([program, file], cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False)
            assert wanted in ran.stdout.decode(), (one.id, ran.stdout, ran.stderr)
    # The filter arrived as it was meant, by every language: what the log says of it is the same.
    asked = [one["restPath"] for one in running.log_lines() if "loai=" in one.get("restPath", "")]
    from urllib.parse import parse_qs

    assert asked
    assert {parse_qs(one.partition("?")[2])["loai"][0] for one in asked} == {NASTY}

    operations.revoke_test_credential(made, actor=scenes.PHUC, at=timezone.now())
    until(running, f"{path}/?limit=3", token, 403, 2.0)
    if missing:
        assert os.environ.get("CI") != "true", f"cannot be run here: {sorted(set(missing))}"
        pytest.skip(f"not on this machine, so not run: {sorted(set(missing))}")


def test_the_page_calls_the_twin_shows_refusals_and_what_is_lacking(running, application, service, client):
    address = f"/dich-vu/{service.code}/goi-thu/"
    assert client.login(username="phuc", password=scenes.PASSWORD)
    said = {"cach": "trang", "limit": "2", "ung-dung": application.code, "noi": "thu"}
    # A call before the gateway knows the twin would be an exchange: of a service there is not.
    wait_for(lambda: is_told(running, service), 15)
    good = wait_for(lambda: (got := client.post(f"{address}goi/", said)).context["answer"].status == 200 and got, 15)
    text = good.content.decode()
    assert "x-nganam-sandbox" in text
    assert "THU00001" in text

    absent = client.post(f"{address}goi/", said | {"cach": "khoa", "khoa-ma_co_so": "KHONG"})
    assert absent.context["answer"].problem["code"] == "data_absent"
    assert "chọn một khóa" in absent.content.decode()

    live = client.post(f"{address}goi/", said | {"noi": "that", "cach": "khoa", "khoa-ma_co_so": "00123"})
    assert live.context["answer"].status == 401
    assert f"/yeu-cau/moi/?dich-vu={service.code}" in live.content.decode()
    assert "Trạm y tế" not in live.content.decode()
    deeds = audit.entries(object_type="services.service", object_code=service.code, action="lgsp.console.called")
    assert deeds[0].details == {"application": application.subject, "own_token": False}
    # Refused calls of real data are exchanges; those of the sandbox are none.
    wait_for(lambda: Exchange.objects.filter(status=401, service=service.code).exists(), 15)
    assert not Exchange.objects.filter(status__in=[200, 404]).exists()


def test_a_pasted_token_is_used_once_and_told_nowhere(running, client, caplog):
    account = scenes.account()
    ensure_copies(at=timezone.now())
    row, secret = issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = tokens.issue_token(Proof(row.client_id, secret=secret), at=timezone.now()).text
    assert client.login(username="phuc", password=scenes.PASSWORD)
    address = f"/dich-vu/{account.service.code}/goi-thu/goi/"
    said = {
        "cach": "khoa", "khoa-ma_co_so": "00123", "ung-dung": account.application.code, "noi": "that", "token": token,
    }  # fmt: skip
    shown = wait_for(lambda: (got := client.post(address, said)).context["answer"].status == 200 and got, 15)
    text = shown.content.decode()
    assert "Trạm y tế Phường 5" in text
    assert token not in text
    assert token not in caplog.text
    assert all(token not in str(one.details) for one in audit.entries(object_type="services.service"))
    bare = client.post(address, said | {"token": ""}).content.decode()
    assert f"{account.get_absolute_url()}khoa/" in bare
    assert client.post(address, said | {"token": "a b\nc"}).status_code == 422
