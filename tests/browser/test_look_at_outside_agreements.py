"""The pages on which an outside agency's special agreement begins and stands, in a browser."""

import pytest

import scenes_outside as outside

PATHS = {
    "yeu-cau-den": "/ngoai-tinh/den/{case}/",
    "thoa-thuan-moi": "/thoa-thuan/moi/?tu=sharing.inbound:{case}",
    "yeu-cau-co-thoa-thuan": "/ngoai-tinh/den/{case}/",
    "thoa-thuan": "/thoa-thuan/{agreement}/",
}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, province, name):
    case = outside.special()
    begun = name in {"yeu-cau-co-thoa-thuan", "thoa-thuan"}
    stage = {"case": case.code, "agreement": outside.agreeing(case).code if begun else ""}
    look("minh", PATHS[name].format(**stage), name)
