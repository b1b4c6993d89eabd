"""Every page that lists cases or shows one, for the measures of what pages cost."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from nganam.cases.parties import Conduct
from nganam.kernel.actors import Actor
from nganam.site.context import may_open

LISTS = {
    "/ban-lam-viec/": (), "/ho-so/": (), "/ho-so/?cho=toi": (), "/ho-so/?trang=3": (), "/ho-so/?han=qua-han": (),
    "/ban-lam-viec/bo-loc/": (), "/ban-lam-viec/tuy-chon/": (), "/don-doc/": (), "/thong-bao/": (), "/nhat-ky/": (),
    "/dau-moi/ho-so/": ("agencies.focal_point",), "/danh-muc/co-so-du-lieu/": ("catalogue.database",),
    "/danh-muc/tham-dinh/": ("catalogue.database",), "/danh-muc/dot/": ("catalogue.edition",), "/kho/": (),
    "/dich-vu/quan-ly/": ("services.service", "services.revision"), "/yeu-cau/": ("sharing.request",),
    "/tai-khoan-ket-noi/": ("sharing.account",), "/tam-ngung/quan-ly/": ("sharing.maintenance",),
    "/tam-ngung/quan-ly/vi-pham/": ("sharing.breach",), "/tam-ngung/quan-ly/cham-dut/": ("sharing.termination",),
    "/ngoai-tinh/": (), "/ngoai-tinh/den/": ("sharing.inbound",), "/ngoai-tinh/di/": ("sharing.outbound",),
    "/thoa-thuan/": ("sharing.agreement", "sharing.joining"), "/thoa-thuan/dang-hieu-luc/": ("sharing.agreement",),
    "/thoa-thuan/xet-chuyen-mac-dinh/?loc=tat-ca": ("sharing.agreement",), "/vuong-mac/": ("disputes.dispute",),
    "/du-lieu-mo/": ("opendata.dataset",), "/ung-dung/": (), "/tai-khoan-ket-noi/uy-quyen/": (),
}  # fmt: skip
"""The pages that list cases or what belongs to them, and the kinds they list (none: several, or no cases)."""


def lists_for(actor: Actor) -> list[str]:
    """Return the lists whose doors let the actor in."""
    return [one for one in LISTS if may_open(one.partition("?")[0], actor)]


def actor_of(username: str) -> Actor:
    """Return who a person of the cast is today."""
    from nganam.accounts.models import Person
    from nganam.agencies.queries import actor_for

    return actor_for(Person.objects.get(username=username), timezone.now())


def case_of_every_state(conduct: Conduct, actor: Actor) -> Iterator[Any]:
    """Yield one case of each state that the actor sees, with a page that lets them in; the longest told first."""
    for state in conduct.machine.states:
        found = conduct.listing(actor).filter(state=state.name).order_by("-version", "-pk").first()
        if found is not None and may_open(found.get_absolute_url(), actor):
            yield found
