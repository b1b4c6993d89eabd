"""Pages of the gateway's snapshots in a browser: nothing blocked, inaccessible or wider than the screen."""

import pytest

import scenes
from nganam.lgsp.models import GatewaySnapshot
from nganam.lgsp.operations import publish_snapshot
from nganam.lgsp.snapshots import operations
from nganam.sharing.accounts.operations import move_account

PATHS = {
    "giam-sat": "/giam-sat/",
    "cac-ban": "/giam-sat/ban-cau-hinh/",
    "mot-ban": "/giam-sat/ban-cau-hinh/2/",
    "so-sanh": "/giam-sat/ban-cau-hinh/1/so-sanh/2/",
}


@pytest.fixture
def stage(live, province):
    """Two snapshots, the gateway held to the first."""
    account = scenes.account()
    publish_snapshot(at=scenes.AT)
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    publish_snapshot(at=scenes.AT)
    first = GatewaySnapshot.objects.get(number=1)
    operations.roll_back(first, actor=scenes.MINH, at=scenes.AT, reason="Giới hạn mới làm nghẽn một cửa của phường.")
    publish_snapshot(at=scenes.AT)


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    look("minh", PATHS[name], name)
