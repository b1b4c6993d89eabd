"""Every read of open data."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.opendata import policies
from nganam.opendata.models import Dataset, Distribution, Release
from nganam.opendata.workflow import DATASET


def _datasets() -> QuerySet[Dataset]:
    return Dataset.objects.select_related("publisher", "table")


def published() -> QuerySet[Dataset]:
    """Return the datasets on the public portal."""
    return _datasets().filter(state="published")


def published_dataset(slug: str) -> Dataset:
    """Return one public dataset; raise ``NotFound`` for any other."""
    dataset = published().filter(slug=slug).first()
    if dataset is None:
        raise NotFound(_("Không có bộ dữ liệu này."), hint=_("Tìm trong danh sách dữ liệu mở."))
    return dataset


def datasets_for(actor: Actor) -> QuerySet[Dataset]:
    """Return the datasets an officer works with: the lead agency all, a focal officer the agency's own."""
    if actor.has(Role.LEAD):
        return _datasets()
    return _datasets().filter(publisher__code=actor.agency) if actor.has(Role.FOCAL) else _datasets().none()


def get_dataset_for(actor: Actor, code: str) -> Dataset:
    """Return a dataset the officer works with; what is not theirs is not found."""
    dataset = datasets_for(actor).filter(code=code).first()
    if dataset is None:
        raise NotFound(_("Không có bộ dữ liệu này."))
    return dataset


def releases(dataset: Dataset) -> QuerySet[Release]:
    """Return the public releases, newest first, with their files."""
    published = dataset.releases.filter(published_at__isnull=False)
    return published.select_related("version").prefetch_related("distributions")


def newest_releases(datasets: Iterable[Dataset]) -> dict[int, Release]:
    """Return the newest public release of each dataset by its key, with version and files: for lists."""
    by_key = {one.pk: one for one in datasets}
    newest = Release.objects.filter(dataset=OuterRef("dataset"), published_at__isnull=False).order_by("-number")
    rows = Release.objects.filter(dataset__in=by_key, number=Subquery(newest.values("number")[:1]))
    rows = rows.select_related("version").defer("version__contract").prefetch_related("distributions")
    found = {one.dataset_id: one for one in rows}
    for key, one in found.items():
        one.dataset = by_key[key]
    return found


def release(dataset: Dataset, number: int | None = None) -> Release:
    """Return one public release, the newest when no number is given."""
    found = releases(dataset).filter(number=number).first() if number is not None else releases(dataset).first()
    if found is None:
        raise NotFound(_("Không có phiên bản này."), hint=_("Các phiên bản được liệt kê ở trang bộ dữ liệu."))
    return found


def distribution(dataset: Dataset, file_format: str, number: int | None = None) -> Distribution:
    """Return one file of a release."""
    found = release(dataset, number).distributions.filter(format=file_format).first()
    if found is None:
        raise NotFound(_("Bộ dữ liệu không có định dạng này."), hint=_("Các định dạng có ở trang bộ dữ liệu."))
    return found


def downloads(dataset: Dataset) -> int:
    """Return how many files of the dataset were downloaded in all."""
    return dataset.downloads.aggregate(all=Sum("count"))["all"] or 0


def steps_for(actor: Actor, dataset: Dataset) -> list[dict[str, Any]]:
    """Return the transitions the actor may make now."""
    return [
        {"name": one.name, "label": one, "needs": one.needs, "article": one.article}
        for one in DATASET.leaving(dataset.state)
        if not policies.may_act(actor, dataset, one.role)
    ]
