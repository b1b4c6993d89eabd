"""Texts of things that have two languages."""

from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from nganam.face.formats import english, number_text
from nganam.kernel.clock import local_date
from nganam.law.articles import Article
from nganam.law.rules import Term

register = template.Library()
SMALLEST = 0.001
FORMS = {
    "catalogue.entry": _("Cơ sở dữ liệu trong danh mục"),
    "services.description": _("Bản mô tả dịch vụ chia sẻ"),
    "sharing.request": _("Yêu cầu kết nối"),
    "opendata.dataset": _("Bộ dữ liệu mở"),
    "focal_point": _("Đầu mối dữ liệu"),
    "self_evaluation": _("Báo cáo tự đánh giá"),
    "special_agreement": _("Biên bản chia sẻ đặc thù"),
    "log_record": _("Nhật ký trao đổi"),
}


@register.filter
def told(thing: object, name: str) -> str:
    """Return a text of a thing in the active language: ``name_en`` for English readers where it is written."""
    for wanted in (f"{name}_en", name) if english() else (name,):
        found = thing.get(wanted) if isinstance(thing, Mapping) else getattr(thing, wanted, "")
        if found:
            return str(found)
    return ""


@register.simple_tag
def percent(share: float) -> str:
    """Write a share of 1 as a percentage; a share too small to show is not shown as none."""
    if 0 < share < SMALLEST:
        return f"< {number_text(SMALLEST * 100)} %"
    return f"{number_text(round(share * 100, 1))} %"


@register.filter
def vi_day(at: datetime) -> date:
    """Return the Vietnamese day of an instant, to be compared with a due date."""
    return local_date(at)


@register.filter
def day_of(value: str) -> str:
    """Write a term's date: ``12-31`` (each year) as 31/12, ``2026-12-31`` as 31/12/2026."""
    return "/".join(reversed(str(value).split("-")))


@register.simple_tag
def starts(term: Term) -> str:
    """Say from what a term is counted."""
    return term.starts_en if english() else term.starts_vi


@register.simple_tag
def cited(found: Article) -> SafeString:
    """Cite an article; its summary is told on hover and to screen readers that ask."""
    words = found.citation_en if english() else found.citation_vi
    return format_html('<abbr title="{}">{}</abbr>', found.summary, words)


@register.simple_tag
def form_name(key: str) -> str:
    """Name a form of the rule sets."""
    return str(FORMS.get(key, key))
