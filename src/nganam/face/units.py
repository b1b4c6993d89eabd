"""Units of measure: kept in Vietnamese with the columns of a table, told in the reader's language."""

from django.utils.translation import pgettext_lazy

UNITS = {
    "người": pgettext_lazy("đơn vị tính", "người"),
    "nghìn người": pgettext_lazy("đơn vị tính", "nghìn người"),
    "người/km²": pgettext_lazy("đơn vị tính", "người/km²"),
    "nghìn ha": pgettext_lazy("đơn vị tính", "nghìn ha"),
    "tấn": pgettext_lazy("đơn vị tính", "tấn"),
    "nghìn tấn": pgettext_lazy("đơn vị tính", "nghìn tấn"),
    "tạ/ha": pgettext_lazy("đơn vị tính", "tạ/ha"),
    "con": pgettext_lazy("đơn vị tính", "con"),
    "nghìn con": pgettext_lazy("đơn vị tính", "nghìn con"),
    "trường": pgettext_lazy("đơn vị tính", "trường"),
    "cơ sở": pgettext_lazy("đơn vị tính", "cơ sở"),
    "giường": pgettext_lazy("đơn vị tính", "giường"),
    "chợ": pgettext_lazy("đơn vị tính", "chợ"),
    "doanh nghiệp": pgettext_lazy("đơn vị tính", "doanh nghiệp"),
    "đồng": pgettext_lazy("đơn vị tính", "đồng"),
    "nghìn đồng": pgettext_lazy("đơn vị tính", "nghìn đồng"),
    "giờ": pgettext_lazy("đơn vị tính", "giờ"),
    "tháng": pgettext_lazy("đơn vị tính", "tháng"),
    "năm": pgettext_lazy("đơn vị tính", "năm"),
    "dòng": pgettext_lazy("đơn vị tính", "dòng"),
}
"""Those that are words; signs (mm, °C, %) are the same in both languages, and what an agency made up stays."""


def unit_name(unit: str) -> str:
    """Return a unit in the active language."""
    return str(UNITS.get(unit, unit))
