"""Pages of agreements in a browser: nothing blocked, nothing inaccessible, nothing wider than the screen."""

import pytest

import scenes_agreements as ours

LONG = "Dữ liệu được nạp mỗi đêm qua LGSP vào phần mềm một cửa của phường; chỉ cán bộ trực được xem."
PATHS = {
    "danh-sach": ("lan", "/thoa-thuan/"),
    "dang-hieu-luc": ("tu", "/thoa-thuan/dang-hieu-luc/"),
    "xet-chuyen": ("minh", "/thoa-thuan/xet-chuyen-mac-dinh/?loc=tat-ca"),
    "yeu-cau-moi": ("phuc", "/thoa-thuan/moi/?dich-vu={service}"),
    "trang": ("lan", "/thoa-thuan/{code}/"),
    "soan-thao": ("phuc", "/thoa-thuan/{code}/soan-thao/"),
    "so-sanh": ("phuc", "/thoa-thuan/{code}/so-sanh/"),
    "ban": ("lan", "/thoa-thuan/{code}/ban/1/"),
    "tham-gia": ("tu", "/thoa-thuan/{code}/de-nghi-tham-gia/"),
    "de-nghi": ("lan", "/thoa-thuan/tham-gia/{joining}/"),
    "gui-co-quan": ("lan", "/thoa-thuan/{code}/gui-co-quan/"),
    "ky": ("phuc", "/thoa-thuan/{code}/ky/"),
    "xoa-du-lieu": ("phuc", "/thoa-thuan/{code}/xoa-du-lieu/"),
}


@pytest.fixture
def stage(live, province):
    """An agreement in force that is amended, and a third agency that asks to join."""
    from datetime import date

    from nganam.accounts.models import Person
    from nganam.agencies.operations import name_posting
    from nganam.kernel.actors import system

    person = Person.objects.create_user("tu", full_name="Trương Tú")
    name_posting(
        actor=system("test"), at=ours.AT, person=person, agency="CT-STC", role="focal", valid_from=date(2025, 7, 1)
    )
    found = ours.in_force(processing=LONG)
    asked = ours.joining(found)
    found = ours.amending(ours.fresh(found))
    ours.save(found, ours.LAN, ours.LATER, processing=LONG.replace("mỗi đêm", "hai giờ một lần"), fields=["ma_co_so"])
    return {"code": found.code, "joining": asked.code, "service": found.service.code}


def ready(name, stage):
    """Take the agreement to where the page opens."""
    from nganam.sharing.agreements import ending
    from nganam.sharing.models import Agreement

    if name == "ky":
        ours.agree(Agreement.objects.get(), ours.PHUC, ours.LATER)
    if name == "xoa-du-lieu":
        ending.terminate(
            actor=ours.LAN, at=ours.LATER, agreement=Agreement.objects.get(), ground="ended", reason="Ngừng dịch vụ."
        )


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    ready(name, stage)
    who, path = PATHS[name]
    look(who, path.format(**stage), name)
