"""Filters and tags of every template (built in: no ``load`` needed)."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from nganam.face import assets_index, formats, steps, tables, telling, units
from nganam.kernel.clock import local_date
from nganam.kernel.machine import Machine

register = template.Library()
LOCAL = "nội bộ"
SOON = 2
ABSENT = "–"
CLAUSE = re.compile(r"(?P<source>[DS]|N(?:165|194|278)\.)(?P<number>[0-9]+)(?:\.(?P<clause>[0-9]+)(?P<point>[a-zđ]?))?")


register.filter("shaped", tables.shaped)
register.filter("retold", telling.retold)
register.filter("unit_name", units.unit_name)


@register.filter
def vi_date(value: date | datetime | None) -> str:
    """Write a day as dd/mm/yyyy; nothing becomes a dash."""
    return formats.date_text(value) if value else ABSENT


@register.filter
def vi_datetime(value: datetime | None) -> str:
    """Write an instant in Vietnamese time; nothing becomes a dash."""
    return formats.datetime_text(value) if value else ABSENT


@register.filter
def vi_moment(value: datetime | None) -> str:
    """Write an instant with its seconds in Vietnamese time; nothing becomes a dash."""
    return formats.moment_text(value) if value else ABSENT


@register.filter
def vi_number(value: object, decimals: int | None = None) -> str:
    """Write a number with the separators of the active language; text that is no number stays as it is."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return formats.number_text(value, decimals)
    try:
        return formats.number_text(Decimal(str(value)), decimals)
    except InvalidOperation:
        return str(value)


@register.filter(name="bytes")
def bytes_(value: int | None) -> str:
    """Write a file size; nothing becomes a dash."""
    return ABSENT if value is None else formats.size_text(int(value))


@register.filter
def due_text(value: date | None, today: date | None = None) -> str:
    """Say how long is left until ``value`` (``còn 3 ngày``, ``quá hạn 2 ngày``)."""
    return formats.left_text(value, today or local_date(timezone.now())) if value else ABSENT


@register.filter
def due_tone(value: date | None, today: date | None = None) -> str:
    """Return how urgent a due date is: ``over``, ``soon`` (two days or less) or ``calm``."""
    if not value:
        return "calm"
    left = (value - (today or local_date(timezone.now()))).days
    return "over" if left < 0 else "soon" if left <= SOON else "calm"


@register.filter
def overdue(value: date | None, today: date | None = None) -> bool:
    """Say whether the day has passed."""
    return bool(value and value < (today or local_date(timezone.now())))


@register.filter
def label(thing: object) -> str:
    """Name anything that has both languages: an object or mapping with ``vi`` and ``en``."""
    language = "en" if formats.english() else "vi"
    if isinstance(thing, Mapping):
        return str(thing.get(language) or thing.get("vi", ""))
    return str(getattr(thing, language, "") or getattr(thing, "vi", thing))


@register.filter
def is_local(article: str) -> bool:
    """Say whether a rule is a local choice, not law."""
    return article.strip().lower() in {LOCAL, "noi bo", "local"}


@register.filter
def article_text(article: str) -> str:
    """Write a clause reference for people; references of other forms stay.

    ``D35.2đ`` (decree) becomes ``điểm đ khoản 2 Điều 35``, ``S5.3`` (regulation) ``khoản 3 Điều 5 Quy chế``,
    ``N194.40.3`` (decree 194 of 2025) ``khoản 3 Điều 40 Nghị định 194/2025/NĐ-CP``.
    """
    if is_local(article):
        return _("nội bộ")
    found = CLAUSE.fullmatch(article)
    if found is None:
        return article
    parts = {"number": found["number"], "clause": found["clause"], "point": found["point"]}
    text = _("Điều %(number)s") % parts
    if found["clause"]:
        text = _("khoản %(clause)s Điều %(number)s") % parts
    if found["point"]:
        text = _("điểm %(point)s khoản %(clause)s Điều %(number)s") % parts
    if found["source"] == "S":
        return _("%(clause)s Quy chế") % {"clause": text}
    if found["source"] == "D":
        return text
    return _("%(clause)s Nghị định %(decree)s/2025/NĐ-CP") % {"clause": text, "decree": found["source"].strip("N.")}


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: object) -> object:
    """Return one entry of a mapping, or an empty text (templates cannot index by a variable)."""
    return (mapping or {}).get(key, "")


@register.filter
def named(code: str | None, names: Mapping[str, str] | None) -> str:
    """Write an agency's name for its code; ``CT-SYT/HIS`` (one of its systems) keeps the part after the slash.

    ``names`` is the page's ``agency_names``. A code that names nobody stays as it is.
    """
    if not code or not names:
        return code or ""
    agency, slash, system = code.partition("/")
    return f"{names.get(agency, agency)}{slash}{system}"


@register.filter
def split(value: str, mark: str = "|") -> list[str]:
    """Cut a text at ``mark`` (component attributes such as the headings of a table)."""
    return [part.strip() for part in str(value).split(mark) if part.strip()]


@register.simple_tag
def icon(name: str, size: str = "", title: str = "") -> SafeString:
    """Draw an icon of the sprite: decoration unless ``title`` says what it means; ``size`` in quarters of a rem."""
    href, sized = f"{assets_index.sprite()}#{name}", f" size-{size}" if size else ""
    if title:
        return format_html(
            '<svg class="icon{}" role="img" aria-label="{}"><use href="{}"></use></svg>', sized, title, href
        )
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="{}"></use></svg>', sized, href)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """Return ``?…`` with the request's own parameters and ``changes``; a parameter set to nothing is dropped."""
    return _changed(context, changes)


@register.simple_tag(takes_context=True)
def page_query(context: template.Context, name: str, value: object) -> str:
    """Return ``?…`` with one parameter changed whose name is a variable; other choices go back to page one."""
    return _changed(context, {"trang": "", name: value})


def _changed(context: template.Context, changes: Mapping[str, object]) -> str:
    request: HttpRequest | None = context.get("request")
    params = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{urlencode(list(params.lists()), doseq=True)}"


@register.filter
def page_numbers(page: Page[Any]) -> list[int]:
    """Return the page numbers to offer: first, last, the neighbours; 0 stands for a gap."""
    last = page.paginator.num_pages
    shown = sorted({1, last, *range(max(1, page.number - 1), min(last, page.number + 1) + 1)})
    numbers: list[int] = []
    for number in shown:
        if numbers and number - numbers[-1] > 1:
            numbers.append(0)
        numbers.append(number)
    return numbers


@register.simple_tag
def machine_steps(machine: Machine, state: str, visited: Iterable[str] = ()) -> list[dict[str, str]]:
    """Return the steps of a case for ``c-stepper``: the states it went through, where it is, and the usual way on."""
    return steps.steps(machine, state, tuple(visited))


@register.filter
def chart_rows(data: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    """Turn a chart's data into rows of its table twin."""
    columns = [one["values"] for one in data["series"]]
    return [(str(name), [column[index] for column in columns]) for index, name in enumerate(data["x"])]


@register.simple_tag
def chart_script() -> SafeString:
    """Load the program that draws charts."""
    return format_html('<script src="{}" defer></script>', static("face/built/chart.js"))


@register.simple_tag
def map_script() -> SafeString:
    """Load the program that draws maps."""
    return format_html('<script src="{}" defer></script>', static("face/built/map.js"))


@register.filter
def iso(value: date | datetime) -> str:
    """Write an instant or day for machines (``datetime`` of ``time``)."""
    return value.isoformat()


@register.filter
def plain(value: object) -> str:
    """Write a number without separators, for attributes that programs read."""
    return str(value)


@register.filter
def describe(field: BoundField) -> BoundField:
    """Give a field's input its class and the ids of its help and errors, so that screen readers say them."""
    ids = [f"{field.auto_id}-help"] if field.help_text else []
    ids += [f"{field.auto_id}-error"] if field.errors else []
    attrs = field.field.widget.attrs
    attrs["class"] = _input_class(field)
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field


@register.filter
def kind(field: BoundField) -> str:
    """Return the sort of input a field draws: ``checkbox``, ``choices``, ``file`` or ``input``."""
    name = type(field.field.widget).__name__
    if name == "CheckboxInput":
        return "checkbox"
    if name in {"CheckboxSelectMultiple", "RadioSelect"}:
        return "choices"
    return "file" if name in {"FileInput", "ClearableFileInput"} else "input"


def _input_class(field: BoundField) -> str:
    return {"checkbox": "check", "choices": "choices", "file": "file-input"}.get(kind(field), "input")
