"""Every write of open data: propose, assess, prepare files, publish, update, confirm, remove."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from nganam.cases import operations as cases
from nganam.cases.requirements import allow, refuse_incomplete
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.digest import file_sha256
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.opendata import policies
from nganam.opendata.models import Dataset, Distribution, Download, Release
from nganam.opendata.workflow import DATASET
from nganam.scanning import operations as scanning
from nganam.warehouse import files as warehouse_files
from nganam.warehouse import queries as warehouse
from nganam.warehouse.models import Table

CONTENT = (
    "title",
    "title_en",
    "description",
    "description_en",
    "theme",
    "keywords",
    "frequency",
    "contact",
    "source_note",
)


@transaction.atomic
def propose_dataset(*, actor: Actor, at: datetime, table: Table, slug: str, values: Mapping[str, Any]) -> Dataset:
    """Propose that a table be opened; needs the fields the rule set requires and a committed version."""
    allow(policies.may_propose(actor, table.agency.code))
    if Dataset.objects.filter(table=table).exists():
        raise RuleBroken(_("Bảng này đã có bộ dữ liệu mở."), article="nội bộ")
    if Dataset.objects.filter(slug=slug).exists():
        text = _("Địa chỉ “%(slug)s” đã được dùng.") % {"slug": slug}
        raise Invalid(text, fields={"slug": [text]}, hint=_("Chọn địa chỉ khác."))
    dataset = Dataset(
        table=table,
        slug=slug,
        publisher=table.agency,
        creator=actor.name,
        rules=rules_on(local_date(at)).version,
        **{name: values[name] for name in CONTENT if name in values},
    )
    _check_content(dataset)
    return cases.open_case(dataset, actor=actor, at=at, details={"table": table.code})


def _check_content(dataset: Dataset) -> None:
    values = {name: getattr(dataset, name) for name in (*CONTENT, "creator")}
    values |= {"publisher": dataset.publisher.name, "identifier": dataset.slug, "format": "csv", "method": "download"}
    message = _("Bộ dữ liệu còn thiếu thông tin bắt buộc.")
    refuse_incomplete("opendata.dataset", values, rules_version=dataset.rules, message=message)


def assess_dataset(
    *, actor: Actor, at: datetime, dataset: Dataset, privacy: str, safety: str, version: int | None = None
) -> Dataset:
    """Record the privacy and safety review; refuses when the scan of the data finds what may not be opened (D20)."""
    allow(policies.may_act(actor, dataset, "lead"))
    empty = {
        name: [_("Ghi kết quả đánh giá.")]
        for name, text in (("privacy", privacy), ("safety", safety))
        if not text.strip()
    }
    if empty:
        raise Invalid(_("Phải ghi kết quả đánh giá trước khi mở dữ liệu (D20)."), fields=empty)
    _scan(dataset, actor=actor, at=at)
    return cases.advance(
        dataset,
        "assess",
        actor=actor,
        at=at,
        changes={"privacy_review": privacy, "safety_review": safety, "reviewed_at": at, "reviewed_by": actor.name},
        version=version,
    )


def _scan(dataset: Dataset, *, actor: Actor, at: datetime) -> None:
    columns = warehouse.sample_columns(dataset.table)
    scanning.refuse_unless_open(dataset.table.code, columns, actor=actor, at=at)


def prepare_dataset(*, actor: Actor, at: datetime, dataset: Dataset, version: int | None = None) -> Release:
    """Write the files of the table's current version beside the published ones; nothing is public yet."""
    allow(policies.may_act(actor, dataset, "owner"))
    cases.must_be_open(dataset, "prepare")
    # Not the version that was assessed may be the current one by now: what is written is what is scanned.
    _scan(dataset, actor=actor, at=at)
    release = _release(dataset, at)
    _write_files(release)
    cases.advance(dataset, "prepare", actor=actor, at=at, details={"release": release.number}, version=version)
    return release


def _release(dataset: Dataset, at: datetime) -> Release:
    version = warehouse.current_version(dataset.table)
    if version is None:
        raise RuleBroken(_("Bảng chưa có phiên bản nào."), article="nội bộ", hint=_("Nạp dữ liệu vào kho trước."))
    with transaction.atomic():
        Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)  # two at once would draw the same number
        known = dataset.releases.filter(version=version).first()
        if known:
            return known
        last = dataset.releases.order_by("-number").first()
        return Release.objects.create(
            dataset=dataset, version=version, number=last.number + 1 if last else 1, prepared_at=at
        )


def _write_files(release: Release) -> None:
    """Write what is not there yet: a file that stands is never written again, and a killed run is finished."""
    folder = Path("opendata") / release.dataset.slug / f"v{release.number}"
    written = {one.format: one for one in release.distributions.all()}
    for name in warehouse_files.formats_of(release.version):
        if name in written and _stands(written[name]):
            continue
        path = warehouse_files.write_distribution(
            release.version, name, settings.DATA / folder, stem=release.dataset.slug
        )
        Distribution.objects.update_or_create(
            release=release,
            format=name,
            defaults={
                "path": str(folder / path.name),
                "size": path.stat().st_size,
                "sha256": file_sha256(path),
                "rows": release.version.rows,
            },
        )


def _stands(file: Distribution) -> bool:
    path = settings.DATA / file.path
    return path.is_file() and path.stat().st_size == file.size


@transaction.atomic
def publish_dataset(*, actor: Actor, at: datetime, dataset: Dataset, version: int | None = None) -> Dataset:
    """Approve: the prepared release becomes public and the update clock starts."""
    allow(policies.may_act(actor, dataset, "lead"))
    release = dataset.releases.first()
    if release is None or not release.distributions.exists():
        raise RuleBroken(_("Chưa có tệp nào được chuẩn bị."), article="D21")
    Release.objects.filter(pk=release.pk).update(published_at=at)
    moved = cases.advance(
        dataset,
        "publish",
        actor=actor,
        at=at,
        changes={"published_at": at, "checked_at": at},
        clock_agency=dataset.publisher.code,
        details={"release": release.number},
        version=version,
    )
    _tell(moved, "publish", at=at)
    return moved


def update_dataset(*, actor: Actor, at: datetime, dataset: Dataset, version: int | None = None) -> Release:
    """Publish the table's current version as the next release; refuses when there is nothing new."""
    allow(policies.may_act(actor, dataset, "owner"))
    cases.must_be_open(dataset, "update")
    current = warehouse.current_version(dataset.table)
    if dataset.releases.filter(version=current, published_at__isnull=False).exists():
        raise RuleBroken(
            _("Dữ liệu chưa đổi kể từ lần công bố trước."),
            article="D20.3",
            hint=_("Nếu dữ liệu vẫn đúng, hãy bấm “Xác nhận không thay đổi”."),
        )
    _scan(dataset, actor=actor, at=at)
    release = _release(dataset, at)
    _write_files(release)
    with transaction.atomic():
        Release.objects.filter(pk=release.pk).update(published_at=at)
        cases.advance(
            dataset,
            "update",
            actor=actor,
            at=at,
            changes={"checked_at": at},
            clock_agency=dataset.publisher.code,
            details={"release": release.number},
            version=version,
        )
    return release


@transaction.atomic
def move_dataset(
    *, actor: Actor, at: datetime, dataset: Dataset, transition: str, reason: str = "", version: int | None = None
) -> Dataset:
    """Make one of the moves that carry no files: reject, confirm_unchanged, remove."""
    if transition not in {"reject", "confirm_unchanged", "remove"}:
        raise Invalid(_("Bước này có biểu mẫu riêng."))
    allow(policies.may_act(actor, dataset, DATASET.transition(transition).role))
    changes = {"checked_at": at} if transition == "confirm_unchanged" else None
    moved = cases.advance(
        dataset, transition, actor=actor, at=at, reason=reason, changes=changes, clock_agency=dataset.publisher.code,
        version=version,
    )  # fmt: skip
    _tell(moved, transition, at=at, body=reason)
    return moved


MOVES: dict[str, Callable[..., object]] = {
    "assess": assess_dataset,
    "prepare": prepare_dataset,
    "publish": publish_dataset,
    "update": update_dataset,
    **{name: partial(move_dataset, transition=name) for name in ("reject", "confirm_unchanged", "remove")},
}
"""The deed behind each transition that somebody makes."""


def _tell(dataset: Dataset, transition: str, *, at: datetime, body: str = "") -> None:
    notices.notify(
        at=at,
        agency=dataset.publisher.code,
        title=f"{dataset.code}: {DATASET.transition(transition).vi}",
        body=body or dataset.title,
        link=f"/du-lieu-mo/{dataset.code}/",
        event=f"opendata.dataset.{transition}",
    )


def count_download(dataset: Dataset, file_format: str, *, on: date) -> None:
    """Add one to the day's counter of a file; keeps no trace of who asked."""
    counter, _made = Download.objects.get_or_create(dataset=dataset, format=file_format, on=on)
    Download.objects.filter(pk=counter.pk).update(count=F("count") + 1)
