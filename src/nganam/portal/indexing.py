"""What the search index holds: everything public that has a page of its own."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from nganam.agencies import queries as agencies
from nganam.catalogue import queries as catalogue
from nganam.kernel.clock import local_date
from nganam.opendata import queries as opendata
from nganam.portal.search import Document, rebuild
from nganam.services import queries as services

FOLDER = "search"
SUMMARY_LENGTH = 300


def rebuild_index(at: datetime) -> int:
    """Index all public things as they stand at ``at``; returns how many."""
    return rebuild(documents(at), settings.DATA / FOLDER)


def documents(at: datetime) -> Iterator[Document]:
    """Yield a document for each public dataset, service, database of the catalogue in force, and agency of the day."""
    yield from _datasets()
    yield from _services()
    yield from _databases()
    yield from _agencies(at)


def _datasets() -> Iterator[Document]:
    for one in opendata.published():
        columns = " ".join(f"{column['name']} {column.get('title', '')}" for column in one.table.contract["columns"])
        words = " ".join(one.keywords)
        yield Document(
            "dataset",
            one.code,
            f"/du-lieu/{one.slug}/",
            one.title,
            one.description[:SUMMARY_LENGTH],
            f"{one.title_en} {one.description} {one.description_en} {words} {columns} {one.publisher.name}",
            one.publisher.code,
            one.theme,
        )


def _services() -> Iterator[Document]:
    for one in services.listed().prefetch_related("fields"):
        fields = " ".join(f"{field.name} {field.title}" for field in one.fields.all())
        yield Document(
            "service",
            one.code,
            f"/dich-vu/{one.code}/",
            one.name,
            one.description[:SUMMARY_LENGTH],
            f"{one.name_en} {one.description} {fields} {one.provider.name}",
            one.provider.code,
        )


def _databases() -> Iterator[Document]:
    edition = catalogue.current_edition()
    for one in catalogue.frozen_entries(edition) if edition else ():
        items = " ".join(str(item["name"]) for item in one["items"])
        yield Document(
            "database",
            one["code"],
            f"/danh-muc/csdl/{one['code']}/",
            one["name"],
            one["purpose"][:SUMMARY_LENGTH],
            f"{one['name_en']} {one['content']} {one['scope']} {items} {one['owner_name']}",
            one["owner"],
        )


def _agencies(at: datetime) -> Iterator[Document]:
    for one in agencies.agencies_on(local_date(at)):
        yield Document("agency", one.code, f"/co-quan/{one.code}/", one.name, one.short_name, one.code, one.code)
