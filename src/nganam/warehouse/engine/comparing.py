"""In what two contracts of a table differ, how grave each difference is for who reads the table, and the next number.

Numbers follow Semantic Versioning: major when a column goes or becomes another (type, key), minor when something is
added or the checks change, patch when only words do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nganam.warehouse.engine.contract import from_list, to_list
from nganam.warehouse.engine.faults import N_

LEVELS: Final = ("patch", "minor", "major")
IDENTITY: Final = frozenset({"type", "key"})
WORDS: Final = frozenset({"title", "title_en", "description"})
FOLLOWS: Final = frozenset({"personal"})
"""Attributes that only repeat another one."""
ABOUT_RULES: Final = frozenset({"communes_on", "time_column", "commune_column"})
PARTS: Final[Mapping[str, str]] = {
    "title": N_("tên"),
    "title_en": N_("tên tiếng Anh"),
    "description": N_("mô tả"),
    "type": N_("kiểu"),
    "key": N_("khóa chính"),
    "required": N_("bắt buộc"),
    "unit": N_("đơn vị"),
    "pattern": N_("mẫu"),
    "minimum": N_("tối thiểu"),
    "maximum": N_("tối đa"),
    "allowed": N_("giá trị cho phép"),
    "aliases": N_("tên gọi khác"),
    "point": N_("dấu thập phân"),
    "classification": N_("phân loại"),
    "codelist": N_("danh mục mã"),
    "codes_on": N_("mã theo danh mục ngày"),
    "additive": N_("cộng dồn được"),
    "search": N_("tìm theo từ"),
    "communes_on": N_("mã xã theo danh mục ngày"),
    "schedule": N_("nạp hằng ngày lúc"),
    "usage": N_("mục đích sử dụng"),
    "limitations": N_("giới hạn sử dụng"),
    "contact": N_("nơi hỗ trợ"),
    "retention_years": N_("số năm lưu giữ"),
    "commune_column": N_("cột mã xã"),
    "time_column": N_("cột thời gian"),
}
SENTENCES: Final[Mapping[str, str]] = {
    "column_removed": N_("Bỏ cột {subject} (kiểu {before})"),
    "column_added": N_("Thêm cột {subject} (kiểu {after})"),
    "column_changed": N_("Cột {subject}, {part}: “{before}” thành “{after}”"),
    "columns_moved": N_("Đổi thứ tự các cột"),
    "rule_removed": N_("Bỏ quy tắc {subject}"),
    "rule_added": N_("Thêm quy tắc {subject}"),
    "rule_changed": N_("Sửa quy tắc {subject}: “{before}” thành “{after}”"),
    "about_changed": N_("Của bảng, {part}: “{before}” thành “{after}”"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``level`` says what it does to a version's number, ``subject`` names the column or rule."""

    level: str
    code: str
    subject: str = ""
    part: str = ""
    before: str = ""
    after: str = ""

    def tell(self, translate: Callable[[str], str] = str) -> str:
        """Say it in the reader's language."""
        part = translate(PARTS[self.part]) if self.part in PARTS else self.part
        words = {"subject": self.subject, "part": part, "before": self.before or "–", "after": self.after or "–"}
        return translate(SENTENCES[self.code]).format_map(words)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List in what ``after`` differs from ``before`` (contracts as plain data), the gravest first."""
    found = [
        *_columns(_by_name(before), _by_name(after)),
        *_rules(before.get("rules", []), after.get("rules", [])),
        *_about(before.get("terms", {}), after.get("terms", {})),
        *_about(before.get("about", {}), after.get("about", {})),
    ]
    return sorted(found, key=lambda one: -LEVELS.index(one.level))


def lost_columns(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the columns that readers of the table would miss or find changed."""
    return tuple(dict.fromkeys(one.subject for one in changes if one.level == "major"))


def next_number(number: tuple[int, int, int], changes: Sequence[Change]) -> tuple[int, int, int]:
    """Return the number after ``number`` for these changes."""
    level = max((LEVELS.index(one.level) for one in changes), default=0)
    major, minor, patch = number
    return ((major, minor, patch + 1), (major, minor + 1, 0), (major + 1, 0, 0))[level]


def _by_name(contract: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    columns = contract.get("columns") or []
    return {one["name"]: one for one in to_list(from_list(columns))} if columns else {}


def _columns(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> list[Change]:
    found = [
        Change("major", "column_removed", name, before=before[name]["type"]) for name in before if name not in after
    ]
    found += [_added(name, after[name]) for name in after if name not in before]
    kept = [name for name in before if name in after]
    for name in kept:
        old, new = before[name], after[name]
        parts = [
            part for part in {**old, **new} if part not in FOLLOWS and _word(old.get(part)) != _word(new.get(part))
        ]
        found += [
            Change(_level(part), "column_changed", name, part, _word(old.get(part)), _word(new.get(part)))
            for part in parts
        ]
    if kept != [name for name in after if name in before]:
        found.append(Change("patch", "columns_moved"))
    return found


def _added(name: str, column: Mapping[str, Any]) -> Change:
    # Another key column makes other rows of the same table: who looked one up by the old key finds several.
    return Change("major" if column["key"] else "minor", "column_added", name, after=column["type"])


def _level(part: str) -> str:
    if part in IDENTITY:
        return "major"
    return "patch" if part in WORDS else "minor"


def _rules(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Change]:
    old, new = ({one["name"]: one for one in rules} for rules in (before, after))
    found = [Change("minor", "rule_removed", name) for name in old if name not in new]
    found += [Change("minor", "rule_added", name) for name in new if name not in old]
    return found + [
        Change("minor", "rule_changed", name, before=_rule_word(old[name]), after=_rule_word(new[name]))
        for name in old
        if name in new and dict(old[name]) != dict(new[name])
    ]


def _rule_word(rule: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in rule.items() if name != "name")


def _about(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [
        Change(
            "minor" if part in ABOUT_RULES else "patch", "about_changed", "", part, _word(before.get(part)),
            _word(after.get(part)),
        )
        for part in {**before, **after}
        if _word(before.get(part)) != _word(after.get(part))
    ]  # fmt: skip


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
