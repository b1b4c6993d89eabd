"""How values of warehouse tables are written on pages."""

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.face import formats
from nganam.warehouse.contract_forms import KIND_LABELS, OPERATOR_LABELS
from nganam.warehouse.forms import CLASS_LABELS, TYPE_LABELS

register = template.Library()


@register.filter
def cell(value: object, kind: str) -> str:
    """Write a cell as people read it: days as dd/mm/yyyy, numbers with separators, nothing as a dash."""
    if value is None or value == "":
        return "–"
    if kind in {"integer", "decimal"} and isinstance(value, int | float):
        return formats.number_text(value)
    if kind == "boolean":
        return _("có") if value else _("không")
    if kind == "date":
        return formats.date_text(date.fromisoformat(str(value)))
    if kind == "datetime":
        return formats.datetime_text(datetime.fromisoformat(str(value)))
    return str(value)


RECODING = {
    "divided": gettext_noop("không tính: đơn vị cũ được chia, không rõ tỷ lệ"),
    "lost": gettext_noop("không tính: một phần không có đơn vị kế tục được ghi nhận"),
    "short": gettext_noop("không tính: có đơn vị không có dòng"),
    "empty": gettext_noop("không tính: có ô trống"),
    "shared": gettext_noop("không đọc ngược được: đơn vị mới gồm nhiều đơn vị cũ"),
}


@register.filter
def recoding_reason(reason: str) -> str:
    """Say why a figure is not told in other units."""
    return _(RECODING[reason]) if reason in RECODING else reason


@register.filter
def type_name(kind: str) -> str:
    """Name a column type in words."""
    return str(TYPE_LABELS.get(kind, kind))


@register.filter
def class_name(classification: str) -> str:
    """Name how a column may be shared."""
    return str(CLASS_LABELS.get(classification, classification))


@register.filter
def rule_kind(kind: str) -> str:
    """Name a kind of quality rule in words."""
    return str(KIND_LABELS.get(kind, kind))


@register.filter
def operator_sign(operator: str) -> str:
    """Write what a rule's query must give."""
    return str(OPERATOR_LABELS.get(operator or "", operator))
