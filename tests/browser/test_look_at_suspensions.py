"""Pages of suspension and of credentials in a browser: nothing blocked, inaccessible or wider than the screen."""

import pytest

import scenes
import scenes_accounts as suspensions

PATHS = {
    "tam-ngung-nhieu": ("lan", "/tam-ngung/quan-ly/dich-vu/moi/"),
    "bao-xoa": ("phuc", "/tam-ngung/quan-ly/cham-dut/{code}/"),
    "khoa": ("phuc", "/tai-khoan-ket-noi/{account}/khoa/"),
}


@pytest.fixture
def stage(live, province):
    """Three services of one agency; one account that ended with data to delete, one in use."""
    end = suspensions.ended_sharing()
    other = scenes.published_service(scenes.loaded_table(code="benh-vien"))
    scenes.published_service(scenes.loaded_table(code="nha-thuoc"))
    return {"code": end.code, "account": suspensions.second_account(other).code}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    who, path = PATHS[name]
    look(who, path.format(**stage), name)
