"""What every page's frame needs: navigation by role, the actor, the demo banner."""

from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext, pgettext_lazy

from nganam.agencies.queries import agency_names
from nganam.face import demobar
from nganam.kernel.actors import VISITOR, Actor, Role
from nganam.notices.queries import unread_count


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. Who sees it is what the door of its page says."""

    path: str
    name: str
    icon: str


PUBLIC = (
    Place("/", gettext_noop("Trang chủ"), "house"),
    Place("/du-lieu/", gettext_noop("Dữ liệu mở"), "database"),
    Place("/dich-vu/", gettext_noop("Dịch vụ"), "plug"),
    Place("/danh-muc/", gettext_noop("Danh mục"), "library"),
    Place("/co-quan/", gettext_noop("Cơ quan"), "landmark"),
    Place("/thong-ke/", gettext_noop("Thống kê"), "chart-column"),
)
DESK = (
    Place("/ban-lam-viec/", gettext_noop("Bàn làm việc"), "inbox"),
    Place("/ho-so/", gettext_noop("Hồ sơ"), "clipboard-list"),
    Place("/don-doc/", gettext_noop("Đôn đốc"), "calendar-clock"),
    Place("/danh-muc/co-so-du-lieu/", gettext_noop("Cơ sở dữ liệu"), "database"),
    Place("/danh-muc/tham-dinh/", gettext_noop("Cho ý kiến danh mục"), "list-checks"),
    Place("/danh-muc/dot/", gettext_noop("Đợt ban hành danh mục"), "library"),
    Place("/danh-muc-dung-chung/quan-ly/", gettext_noop("Danh mục dùng chung"), "tag"),
    Place("/kho/", gettext_noop("Kho dữ liệu"), "warehouse"),
    Place("/phan-tich/", gettext_noop("Phân tích"), "chart-column"),
    Place("/du-lieu-chu/", gettext_noop("Dữ liệu chủ"), "users"),
    Place("/dich-vu/quan-ly/", gettext_noop("Dịch vụ chia sẻ"), "plug"),
    Place("/yeu-cau/", gettext_noop("Yêu cầu kết nối"), "git-pull-request"),
    Place("/ngoai-tinh/", gettext_noop("Chia sẻ ngoài tỉnh"), "globe"),
    Place("/thoa-thuan/", gettext_noop("Thỏa thuận đặc thù"), "handshake"),
    Place("/tai-khoan-ket-noi/", gettext_noop("Tài khoản kết nối"), "key-round"),
    Place("/tam-ngung/quan-ly/", gettext_noop("Tạm ngừng, chấm dứt"), "calendar-clock"),
    Place("/vuong-mac/", gettext_noop("Vướng mắc"), "scale"),
    Place("/ung-dung/", gettext_noop("Ứng dụng"), "app-window"),
    Place("/du-lieu-mo/", gettext_noop("Dữ liệu mở"), "globe"),
    Place("/giam-sat/", gettext_noop("Giám sát LGSP"), "activity"),
    Place("/dau-moi/ho-so/", gettext_noop("Đầu mối"), "id-card"),
    Place("/ra-quet/", gettext_noop("Rà quét"), "shield-alert"),
    Place("/thong-bao/", gettext_noop("Thông báo"), "bell"),
    Place("/nhat-ky/", gettext_noop("Nhật ký"), "scroll-text"),
    Place("/lich-lam-viec/", gettext_noop("Ngày làm việc"), "calendar-days"),
    Place("/phan-cong/", gettext_noop("Phân công"), "user-cog"),
    Place("/nguoi-dung/", gettext_noop("Người dùng"), "users"),
)


LISTS = (
    pgettext_lazy("danh sách", "Dịch vụ"), pgettext_lazy("danh sách", "Cơ quan"),
    pgettext_lazy("danh sách", "Cơ sở dữ liệu"), pgettext_lazy("danh sách", "Tài khoản kết nối"),
    pgettext_lazy("danh sách", "Ứng dụng"), pgettext_lazy("danh sách", "Thông báo"),
    pgettext_lazy("danh sách", "Phân công"), pgettext_lazy("danh sách", "Người dùng"),
)  # fmt: skip
"""Vietnamese has one word for one thing and for a list of them; English needs the plural, told apart by context."""


def _named(name: str) -> str:
    """Return the name of a place in the active language, in the plural where it names a list."""
    told = pgettext("danh sách", name)
    return _(name) if told == name else told


@cache
def door_of(path: str) -> tuple[Role, ...] | None:
    """Return the roles the page at ``path`` asks for (none: any officer), or ``None`` when no page is there."""
    try:
        view = resolve(path).func
    except Resolver404:
        return None
    return getattr(view, "roles", ())


def may_open(path: str, actor: Actor) -> bool:
    """Say whether the door at ``path`` would let ``actor`` in: the navigation offers no page that would refuse."""
    roles = door_of(path)
    return roles is not None and (not roles or actor.has(*roles))


def entries(places: tuple[Place, ...], actor: Actor, path: str) -> list[dict[str, Any]]:
    """Return the entries ``actor`` may open, in the active language; the one that holds ``path`` is marked."""
    open_to = [place for place in places if may_open(place.path, actor)]
    within = [
        place.path for place in open_to if path == place.path or (place.path != "/" and path.startswith(place.path))
    ]
    here = max(within, key=len, default="")
    return [
        {"path": place.path, "name": _named(place.name), "icon": place.icon, "current": place.path == here}
        for place in open_to
    ]


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's variables; the actor (a query) is only looked up by templates that ask for it."""
    actor: Actor = getattr(request, "actor", VISITOR)
    return {
        "actor": actor,
        "public_places": entries(PUBLIC, VISITOR, request.path),
        "desk_places": SimpleLazyObject(lambda: entries(DESK, actor, request.path)),
        "agency_names": SimpleLazyObject(agency_names),
        "unread": partial(unread_count, actor),
        "demo": demobar.is_shown(),
        "instance_url": settings.NGANAM_PUBLIC_URL,
        "login_url": settings.LOGIN_URL,
        "here": request.get_full_path() if request.method == "GET" else "/",
        "languages": settings.LANGUAGES,
    }
