"""Copies of entries as an edition keeps them, and the difference of two editions: plain values, no database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Promise | str] = {
    "name": _("Tên cơ sở dữ liệu"),
    "owner_name": _("Cơ quan chủ quản"),
    "operator": _("Đơn vị vận hành"),
    "purpose": _("Mục đích"),
    "scope": _("Phạm vi"),
    "content": _("Nội dung"),
    "collection": _("Cơ chế thu thập"),
    "updating": _("Cơ chế cập nhật"),
    "sources": _("Nguồn dữ liệu"),
    "legal_basis": _("Căn cứ pháp lý"),
    "phase": _("Hiện trạng"),
    "personal_data": _("Dữ liệu cá nhân"),
    "master_data": _("Dữ liệu chủ"),
    "regulation": _("Quy chế khai thác, sử dụng"),
    "usage_term": _("Thời hạn sử dụng"),
    "log_months": _("Thời gian lưu nhật ký (tháng)"),
    "needs_authentication": _("Cần xác thực"),
    "items": _("Hạng mục dữ liệu"),
}
COMPARED = tuple(LABELS)

Frozen = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry that differs: the two values as text, or the items that came and went."""

    label: Promise | str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What the later edition did to the earlier: entries added, removed, and changed field by field."""

    added: tuple[Frozen, ...]
    removed: tuple[Frozen, ...]
    changed: tuple[tuple[Frozen, tuple[Change, ...]], ...]

    @property
    def same(self) -> bool:
        """Say whether nothing differs."""
        return not (self.added or self.removed or self.changed)


def difference(before: Iterable[Frozen], after: Iterable[Frozen]) -> Difference:
    """Compare two lists of frozen entries by code; the order of the later list is kept."""
    old = {one["code"]: one for one in before}
    new = {one["code"]: one for one in after}
    changed = tuple(
        (one, changes) for code, one in new.items() if code in old and (changes := _changes(old[code], one))
    )
    return Difference(
        added=tuple(one for code, one in new.items() if code not in old),
        removed=tuple(one for code, one in old.items() if code not in new),
        changed=changed,
    )


def _changes(old: Frozen, new: Frozen) -> tuple[Change, ...]:
    return tuple(
        Change(LABELS[name], in_words(old.get(name)), in_words(new.get(name)))
        for name in COMPARED
        if old.get(name) != new.get(name)
    )


def in_words(value: object) -> str:
    """Write a frozen value for people: a list of items becomes one line each."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, list):
        return "\n".join(_item_in_words(one) for one in value)
    return str(value)


def _item_in_words(item: Mapping[str, str]) -> str:
    # Editions issued before grounds were asked for hold none.
    ground = f"; {item['ground_name']}" if item.get("ground_name") else ""
    return f"{item['name']}: {item['form_name']} ({item['audience']}{ground})"
