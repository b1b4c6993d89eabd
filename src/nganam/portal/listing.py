"""Lists with facets: datasets and services, counted by the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from nganam.face.templatetags.nganam import label
from nganam.kernel.text import sort_key
from nganam.law.rules import rules_on
from nganam.opendata import queries as opendata
from nganam.opendata.models import Dataset, Release
from nganam.portal.freshness import STATES, in_state, with_due
from nganam.services import queries as services
from nganam.services.models import Service

PAGE = 20
FORMAT_NAMES = {"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "parquet": "Parquet", "geojson": "GeoJSON"}
Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter: its parameter, title and values with counts."""

    name: str
    title: str
    options: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list, its filters, and whether any is on."""

    page: Page[Any]
    facets: list[Facet]
    filtered: bool


def themes(day: date) -> dict[str, str]:
    """Return theme code → name in the active language."""
    return {one.code: label(one) for one in rules_on(day).vocabulary("open_theme")}


def options(counts: Mapping[str, int], names: Mapping[str, str], selected: str) -> list[dict[str, Any]]:
    """Return the values of a facet, most frequent first, then by the Vietnamese alphabet."""
    found = [
        {"value": value, "label": names.get(value, value), "count": count, "selected": value == selected}
        for value, count in counts.items()
        if value and count
    ]
    return sorted(found, key=lambda one: (-one["count"], sort_key(str(one["label"]))))


def _counts(found: QuerySet[Any], field: str) -> dict[str, int]:
    # The primary key keeps joins (one row per file of a release) from counting a thing twice.
    rows = found.order_by().values_list(field).annotate(number=Count("pk", distinct=True))
    return dict(rows)


def datasets(params: Params, today: date) -> Listing:
    """Return the public datasets that match ``params`` (chu-de, co-quan, dinh-dang, do-moi, sap-xep, trang)."""
    found = with_due(opendata.published())
    filters: dict[str, Callable[[str], Q]] = {
        "chu-de": lambda value: Q(theme=value),
        "co-quan": lambda value: Q(publisher__code=value),
        "dinh-dang": lambda value: Q(releases__published_at__isnull=False, releases__distributions__format=value),
        "do-moi": lambda value: in_state(value, today) if value in STATES else Q(pk__in=[]),
    }
    on = {name: params[name] for name in filters if params.get(name)}
    for name, value in on.items():
        found = found.filter(filters[name](value))
    found = found.distinct()
    agencies = dict(found.order_by().values_list("publisher__code", "publisher__name").distinct())
    facets = [
        Facet("chu-de", _("Chủ đề"), options(_counts(found, "theme"), themes(today), on.get("chu-de", ""))),
        Facet("co-quan", _("Cơ quan"), options(_counts(found, "publisher__code"), agencies, on.get("co-quan", ""))),
        Facet("dinh-dang", _("Định dạng"), options(_formats(found), FORMAT_NAMES, on.get("dinh-dang", ""))),
        Facet("do-moi", _("Độ mới"), options(_lights(found, today), _light_names(), on.get("do-moi", ""))),
    ]
    return Listing(_page(found.defer("table__contract"), params), facets, bool(on))


def _page(found: QuerySet[Dataset], params: Params) -> Page[Any]:
    number, sort = params.get("trang", "1"), params.get("sap-xep", "")
    if sort != "ten":
        order = ("published_at", "code") if sort == "cu" else ("-published_at", "-code")
        return Paginator(found.order_by(*order), PAGE).get_page(number)
    # Neither database knows the Vietnamese alphabet everywhere: sort the titles here, then read one page.
    titles = sorted(found.order_by().values_list("code", "title"), key=lambda one: sort_key(one[1]))
    page: Page[Any] = Paginator([code for code, _title in titles], PAGE).get_page(number)
    by_code = {one.code: one for one in found.filter(code__in=list(page.object_list))}
    page.object_list = [by_code[code] for code in page.object_list]
    return page


def with_files(found: Iterable[Dataset]) -> list[tuple[Dataset, Release | None]]:
    """Return each dataset with its newest public release, that with its version and files."""
    datasets = list(found)
    newest = opendata.newest_releases(datasets)
    return [(one, newest.get(one.pk)) for one in datasets]


def _formats(found: QuerySet[Dataset]) -> dict[str, int]:
    files = Release.objects.filter(dataset__in=found.order_by().values("pk"), published_at__isnull=False)
    rows = files.order_by().values_list("distributions__format").annotate(number=Count("dataset", distinct=True))
    return {name: number for name, number in rows if name}


def _lights(found: QuerySet[Dataset], today: date) -> dict[str, int]:
    asked = {name.replace("-", "_"): Count("pk", filter=in_state(name, today), distinct=True) for name in STATES}
    counted = found.order_by().aggregate(**asked)
    return {name: counted[name.replace("-", "_")] for name in STATES}


def _light_names() -> dict[str, str]:
    return {name: str(text) for name, text in STATES.items()}


def register(params: Params, today: date, codes: list[str] | None) -> Listing:
    """Return the public services that match ``params`` (co-quan, hinh-thuc, trang-thai) and a search's ``codes``."""
    found = services.listed()
    if codes is not None:
        found = found.filter(code__in=codes)
    fields = {"co-quan": "provider__code", "hinh-thuc": "form", "trang-thai": "state"}
    on = {name: params[name] for name in fields if params.get(name)}
    for name, value in on.items():
        found = found.filter(**{fields[name]: value})
    names = {
        "co-quan": dict(found.order_by().values_list("provider__code", "provider__name").distinct()),
        "hinh-thuc": {one.code: label(one) for one in rules_on(today).vocabulary("sharing_form")},
        "trang-thai": {one.name: label(one) for one in Service.MACHINE.states},
    }
    titles = {"co-quan": _("Cơ quan cung cấp"), "hinh-thuc": _("Hình thức chia sẻ"), "trang-thai": _("Tình trạng")}
    facets = [
        Facet(name, titles[name], options(_counts(found, field), names[name], on.get(name, "")))
        for name, field in fields.items()
    ]
    page = Paginator(found.order_by("-published_at", "-code"), PAGE).get_page(params.get("trang", "1"))
    return Listing(page, facets, bool(on) or codes is not None)
