"""Pages of platforms beyond the province in a browser: nothing blocked, inaccessible or too wide."""

from datetime import UTC, datetime

import pytest

import scenes
import scenes_beyond
from national_platform import Ca

PATHS = {
    "list": ("minh", "/nen-tang/"),
    "declare": ("minh", "/nen-tang/khai-bao/"),
    "one": ("minh", "/nen-tang/{code}/"),
    "enter": ("minh", "/nen-tang/{code}/dich-vu/"),
    "service": ("minh", "/nen-tang/{code}/dich-vu/{service}/"),
    "certificate": ("minh", "/nen-tang/{code}/chung-thu/"),
    "access": ("minh", "/nen-tang/{code}/quyen/"),
    "member": ("minh", "/nen-tang/{code}/ben-goi/"),
    "call": ("phuc", "/ngoai-tinh/di/{outbound}/goi/"),
}


@pytest.fixture
def stage(live, province, settings, data):
    """A platform with a service, an access and a caller; outgoing is open."""
    from nganam.lgsp.beyond import operations

    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    ca = Ca()
    found = scenes_beyond.platform(
        instance="QG", endpoints=["https://127.0.0.1:9443"], ca=ca.pem, client="QG/GOV/ST/LGSP",
        incoming_host="vao.lgsp.example", incoming_ca=ca.pem, incoming_naming="uri",
    )  # fmt: skip
    chain, key = ca.sign(uris=["urn:lgsp"])
    found = operations.set_certificate(actor=scenes.MINH, at=datetime.now(UTC), platform=found, chain=chain, key=key)
    access = scenes_beyond.access(scenes_beyond.opened(found))
    scenes_beyond.admitted(found)
    return {"code": found.code, "service": access.service.code, "outbound": access.outbound.code}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    who, path = PATHS[name]
    look(who, path.format(**stage), name)
