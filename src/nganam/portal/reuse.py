"""How to take a dataset into other programs: commands and code to copy, and the description search engines read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from nganam.kernel.clock import local_date
from nganam.opendata.models import Dataset, Release
from nganam.warehouse.files import MEDIA_TYPES

FORMATS = ("csv", "xlsx", "json", "parquet", "geojson")
SCHEMA = "https://schema.org/"
PYTHON = """\
import pandas as pd

# Giữ mã dạng chữ để không mất số 0 ở đầu.
data = pd.read_csv(
    "%s",
    dtype={%s},
)"""
POWER_QUERY = """\
let
  Tep = Csv.Document(
    Web.Contents("%s"),
    [Delimiter = ",", Encoding = 65001]),
  Bang = Table.PromoteHeaders(Tep),
  Kieu = Table.TransformColumnTypes(Bang, {
    %s
  })
in
  Kieu"""
R = """\
library(readr)

data <- read_csv(
  "%s",
  col_types = cols(.default = "c")
)"""
UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as the page offers it."""

    format: str
    url: str
    lasting_url: str
    size: int
    rows: int
    sha256: str
    at: Any


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to copy: where it runs, the text."""

    id: str
    label: str
    language: str
    text: str


def address(path: str) -> str:
    """Return the full public address of a path."""
    return f"{settings.NGANAM_PUBLIC_URL.rstrip('/')}{path}"


def files(dataset: Dataset, release: Release, *, newest: bool) -> list[File]:
    """Return the files of a release, spreadsheets first; ``url`` is the moving address for the newest release."""
    at = release.published_at
    found = {one.format: one for one in release.distributions.all()}
    lasting = f"/du-lieu/{dataset.slug}/v/{release.number}/{dataset.slug}"
    moving = f"/du-lieu/{dataset.slug}/latest/{dataset.slug}" if newest else lasting
    return [
        File(name, f"{moving}.{name}", f"{lasting}.{name}", one.size, one.rows, one.sha256, at)
        for name in FORMATS
        if (one := found.get(name))
    ]


def snippets(dataset: Dataset) -> list[Snippet]:
    """Return how to fetch the newest CSV from a shell, Python, R and Excel."""
    csv = address(f"/du-lieu/{dataset.slug}/latest/{dataset.slug}.csv")
    codes = [one["name"] for one in dataset.table.contract["columns"] if one["type"] in {"text", "commune"}]
    kept = ", ".join(f'"{name}": str' for name in codes[:6])
    typed = ",\n    ".join(
        f'{{"{one["name"]}", {_power_type(one["type"])}}}' for one in dataset.table.contract["columns"]
    )
    return [
        Snippet("lenh-curl", "curl", "bash", f"curl -fL -o {dataset.slug}.csv \\\n  {csv}"),
        Snippet("ma-python", "Python (pandas)", "python", PYTHON % (csv, kept)),
        Snippet("ma-excel", "Excel (Power Query)", "powerquery", POWER_QUERY % (csv, typed)),
        Snippet("ma-r", "R", "r", R % csv),
    ]


def _power_type(kind: str) -> str:
    types = {"integer": "Int64.Type", "decimal": "type number", "date": "type date", "datetime": "type datetimezone"}
    return types.get(kind, "type logical" if kind == "boolean" else "type text")


def structured(dataset: Dataset, release: Release, found: Sequence[File]) -> SafeString:
    """Return the schema.org description as a data block: it is not executed, so the page's policy lets it be."""
    publisher = {
        "@type": "GovernmentOrganization",
        "name": dataset.publisher.name,
        "identifier": dataset.publisher.code,
    }
    page = address(f"/du-lieu/{dataset.slug}/")
    told: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Dataset",
        "@id": page,
        "url": page,
        "name": dataset.title,
        "description": dataset.description,
        "identifier": dataset.code,
        "inLanguage": "vi",
        "isAccessibleForFree": True,
        "keywords": [*dataset.keywords, dataset.theme],
        "license": address("/phap-luat/dieu-kien-su-dung/"),
        "creator": publisher,
        "publisher": publisher,
        "version": str(release.number),
        "variableMeasured": [_variable(one) for one in release.version.contract["columns"]],
        "distribution": [_distribution(one) for one in found],
    }
    if dataset.title_en:
        told["alternateName"] = dataset.title_en
    if dataset.published_at:
        told["datePublished"] = local_date(dataset.published_at).isoformat()
    if release.published_at:
        told["dateModified"] = local_date(release.published_at).isoformat()
    return data_block(told)


def _variable(column: dict[str, Any]) -> dict[str, Any]:
    told = {"@type": "PropertyValue", "name": column["name"], "description": column.get("title", "")}
    return told | ({"unitText": column["unit"]} if column.get("unit") else {})


def _distribution(file: File) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "contentUrl": address(file.lasting_url),
        "encodingFormat": MEDIA_TYPES[file.format].partition(";")[0],
        "contentSize": f"{file.size} B",
        "sha256": file.sha256,
    }


def data_block(told: dict[str, Any]) -> SafeString:
    """Return JSON-LD in a script element, with nothing in it that could end the element."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).translate(UNSAFE)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308 - no < > & left
