"""Loads as OpenLineage run events (2-0-2, https://openlineage.io/spec), for Marquez, DataHub and the like.

Names follow the standard's naming (scheme, authority, name), but the authority is the code a source was declared under:
an event is passed on, and where a source is reached stays here. A load has the same ``runId`` each time it is told.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib import metadata
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid
from nganam.warehouse import queries as warehouse
from nganam.warehouse.models import Load, ModelVersion, Source, Table, Version

SPEC = "https://openlineage.io/spec/"
RUN_EVENT = f"{SPEC}2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "dataQualityAssertions": "1-1-0/DataQualityAssertionsDatasetFacet",
    "dataQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "documentation": "1-1-0/DocumentationDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "ownership": "1-0-1/OwnershipDatasetFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "tags": "1-0-0/TagsDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
"""The facets that are told, in the versions they are written by."""
RUNS = UUID("4f0bb4ae-94a1-5bd7-9d6c-3f3f5d0b7c11")
"""The name space of our runs: a random number that never changes."""
SCHEMES = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite", "file": "file", "rest": "api"}
ENDS = {"committed": "COMPLETE", "unchanged": "COMPLETE", "failed": "FAIL"}
Event = dict[str, Any]


def ended_for(actor: Actor, *, since: datetime | None = None, after: str = "") -> QuerySet[Load]:
    """Return the ended loads of the actor's tables from an instant on, in the order in which they ended.

    ``after`` is the code of the last load that was read: those behind it follow. Raises ``Invalid`` for a load that is
    not among them.
    """
    found = _told(warehouse.loads_for(actor)).filter(state__in=list(ENDS), ended_at__isnull=False)
    found = found.order_by("ended_at", "pk")
    if after:
        last = found.filter(code=after).first()
        if last is None:
            told = _("Không có lượt nạp “%(code)s” trong các lượt đã xong của cơ quan.") % {"code": after[:40]}
            raise Invalid(told, fields={"after": [told]}, hint=_("Gửi lại giá trị “next” của lần đọc trước."))
        found = found.filter(Q(ended_at__gt=last.ended_at) | Q(ended_at=last.ended_at, pk__gt=last.pk))
    return found.filter(ended_at__gte=since) if since else found


def events_of_load(actor: Actor, code: str) -> list[Event]:
    """Return the events of one load the actor may see; raise ``NotFound``."""
    return events(_told(warehouse.loads_for(actor)).get(pk=warehouse.get_load_for(actor, code).pk))


def events(load: Load) -> list[Event]:
    """Return what happened to a load: that it started, and how it ended if it has; nothing while it waits."""
    began = load.started_at or load.ended_at
    told = [_event(load, "START", began, {})] if began else []
    if load.state in ENDS and load.ended_at:
        failed = {"message": load.message, "programmingLanguage": "PYTHON"}
        facets = _facets(errorMessage=failed) if load.state == "failed" else {}
        told.append(_event(load, ENDS[load.state], load.ended_at, facets))
    return told


def run_id(load: Load) -> str:
    """Return the run's id, made from the instance and the load's code."""
    return str(uuid5(RUNS, f"{settings.NGANAM_INSTANCE}/{load.code}"))


def source_name(source: Source) -> tuple[str, str]:
    """Return name space and name of a source: the scheme the standard has for it, its code, what is read there."""
    return f"{SCHEMES[source.kind]}://{source.code}", source.relation or source.name


def table_name(table: Table) -> tuple[str, str]:
    """Return name space and name of a table of the warehouse."""
    return namespace(), table.code


def namespace() -> str:
    """Return the name space of the platform's own jobs and tables."""
    return f"nganam://{settings.NGANAM_INSTANCE}"


def _told(loads: QuerySet[Load]) -> QuerySet[Load]:
    return loads.select_related(
        "table__agency", "source__agency", "made", "restores__table__agency", "restores__load", "erasure", "model"
    )


def _event(load: Load, kind: str, at: datetime, run_facets: dict[str, Any]) -> Event:
    is_end = kind != "START"
    engine = {"version": metadata.version("nganam"), "name": "nganam"}
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "producer": settings.NGANAM_PUBLIC_URL,
        "schemaURL": RUN_EVENT,
        "run": {"runId": run_id(load), "facets": _facets(processing_engine=engine) | run_facets},
        "job": _job(load),
        "inputs": _inputs(load, is_end=is_end),
        # A load that failed has written nothing.
        "outputs": [] if load.state == "failed" and is_end else [_output(load, is_end=is_end)],
    }


def _job(load: Load) -> dict[str, Any]:
    kind = {"processingType": "BATCH", "integration": "NGANAM", "jobType": "MODEL" if load.model else "LOAD"}
    return {
        "namespace": namespace(),
        "name": f"{'model' if load.model else 'load'}.{load.table.code}",
        "facets": _facets(jobType=kind),
    }


def _is_own(load: Load) -> bool:
    """Say whether a load made a version from versions there were: restored one, or left rows out by an erasure."""
    return load.restores is not None or getattr(load, "erasure", None) is not None


def _input_name(load: Load) -> tuple[str, str]:
    if _is_own(load):
        return table_name(load.table)
    return source_name(load.source) if load.source else (f"file://{load.table.code}", load.name)


def _inputs(load: Load, *, is_end: bool) -> list[dict[str, Any]]:
    """Return what a load reads: its source, its file, or the tables of its model, each in the version that was read."""
    if load.model is None:
        return [_input(load, is_end=is_end)]
    tables = Table.objects.select_related("agency").filter(code__in=load.model.inputs).order_by("code")
    read: dict[str, int] = load.inputs.get("versions", {})
    return [
        {
            "namespace": namespace(), "name": one.code,
            "facets": _facets(ownership=_owned(one.agency.code))
            | (_facets(version={"datasetVersion": str(read[one.code])}) if one.code in read else {}),
        }
        for one in tables
    ]  # fmt: skip


def _model_lineage(model: ModelVersion, names: Iterable[str]) -> dict[str, Any]:
    """Return what each column was computed from, how, and which columns decide about rows."""

    def field(one: dict[str, Any], kind: str) -> dict[str, Any]:
        told = [{"type": kind, "subtype": one["kind"]}]
        return {"namespace": namespace(), "name": one["table"], "field": one["column"], "transformations": told}

    fields = {
        name: {"inputFields": [field(one, "DIRECT") for one in model.origins[name]]}
        for name in names if model.origins.get(name)
    }  # fmt: skip
    deciding = [field(one, "INDIRECT") for one in model.deciding]
    if not fields and not deciding:
        return {}
    return _facets(columnLineage={"fields": fields} | ({"dataset": deciding} if deciding else {}))


def _input(load: Load, *, is_end: bool) -> dict[str, Any]:
    scope, name = _input_name(load)
    owner = load.source.agency.code if load.source else load.table.agency.code
    facets = _facets(ownership=_owned(owner), dataSource={"name": load.source.name if load.source else scope})
    if load.restores is not None:
        facets |= _facets(version={"datasetVersion": str(load.restores.number)})
    elif named := _headings(load):
        facets |= _facets(schema={"fields": [{"name": one} for one in named]})
    told: dict[str, Any] = {"namespace": scope, "name": name, "facets": facets}
    if is_end and load.read is not None:
        told["inputFacets"] = _facets(dataQualityMetrics={"rowCount": load.read, "columnMetrics": {}}) | _checks(load)
    return told


def _headings(load: Load) -> list[str]:
    return [*dict.fromkeys(load.found.get("headings", {}).values()), *map(str, load.ignored_columns)]


def _checks(load: Load) -> dict[str, Any]:
    """Return what the contract's rules found, and whether rows were set aside."""
    found = [
        {"assertion": one["code"], "name": one["name"], "success": one["passed"],
         "severity": "error" if one["severity"] == "error" else "warn"}
        for one in load.checks
    ]  # fmt: skip
    if load.rejected is not None:
        found.append({"assertion": "no_rejected_rows", "name": "no_rejected_rows", "success": load.rejected == 0,
                      "severity": "warn", "actual": str(load.rejected), "expected": "0"})  # fmt: skip
    return _facets(dataQualityAssertions={"assertions": found}) if found else {}


def _output(load: Load, *, is_end: bool) -> dict[str, Any]:
    table, version = load.table, _made(load)
    scope, name = table_name(table)
    shape = version.shape if version else table.shape
    typed = [
        {"name": one.name, "type": one.type, "description": one.title or one.name, "ordinal_position": at}
        for at, one in enumerate(shape.columns, 1)
    ]
    classes = [
        {"key": "classification", "value": one.classification, "source": "NGANAM", "field": one.name}
        for one in shape.columns
    ]
    facets = _facets(
        schema={"fields": typed}, ownership=_owned(table.agency.code), tags={"tags": classes},
        documentation={"description": table.description or table.title},
    )  # fmt: skip
    told: dict[str, Any] = {"namespace": scope, "name": name, "facets": facets}
    if is_end:
        facets |= _column_lineage(load, shape.names)
        facets |= _facets(version={"datasetVersion": str(version.number)}) if version else {}
        written = version.rows if version else 0  # rows that are there already are not written again
        told["outputFacets"] = _facets(outputStatistics={"rowCount": written})
    return told


def _column_lineage(load: Load, names: Iterable[str]) -> dict[str, Any]:
    """Return which heading each column was read from; nothing for a load from before that was noted."""
    if load.model is not None:
        return _model_lineage(load.model, names)
    scope, name = _input_name(load)
    taken = {one: one for one in names} if _is_own(load) else load.found.get("headings", {})
    parsed = [{"type": "DIRECT", "subtype": "IDENTITY" if _is_own(load) else "TRANSFORMATION"}]
    fields = {
        column: {"inputFields": [
            {"namespace": scope, "name": name, "field": taken[column], "transformations": parsed}
        ]}
        for column in names
        if column in taken
    }  # fmt: skip
    return _facets(columnLineage={"fields": fields}) if fields else {}


def _made(load: Load) -> Version | None:
    return getattr(load, "made", None)


def _owned(agency: str) -> dict[str, Any]:
    return {"owners": [{"name": f"agency:{agency}", "type": "OWNER"}]}


def _facets(**told: dict[str, Any]) -> dict[str, Any]:
    """Return facets with what each must say of itself."""
    return {
        name: {"_producer": settings.NGANAM_PUBLIC_URL, "_schemaURL": _schema(name), **members}
        for name, members in told.items()
    }


def _schema(name: str) -> str:
    path = FACETS[name]
    return f"{SPEC}facets/{path}.json#/$defs/{path.rpartition('/')[2]}"
