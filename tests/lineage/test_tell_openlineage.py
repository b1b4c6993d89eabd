"""S12: loads as OpenLineage, read back by the standard's own client: what it does not know, or misses, fails."""

import json
import typing
from copy import deepcopy
from datetime import timedelta
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules

import attr
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openlineage.client import event_v2, generated
from openlineage.client.generated import base

import scenes
from by_program import done, program_of, refused
from nganam.lineage import openlineage
from nganam.warehouse.models import Load

pytestmark = [pytest.mark.django_db, pytest.mark.law("S12")]


def official_facets():
    """Return the client's class of each facet by the address of its schema; it generates them from the schemas."""
    found = {}
    for one in iter_modules(generated.__path__):
        for kind in vars(import_module(f"{generated.__name__}.{one.name}")).values():
            if is_facet(kind):
                found[kind._get_schema()] = kind
    return found


def is_facet(kind):
    return isinstance(kind, type) and issubclass(kind, base.BaseFacet)


FACETS = official_facets()


def read(kind, value):
    """Make what a type of the client says of JSON; raise for a member it does not have, misses or types otherwise."""
    args = typing.get_args(kind)
    if type(None) in args:
        return None if value is None else read(args[0], value)
    if typing.get_origin(kind) in {list, dict}:
        assert isinstance(value, typing.get_origin(kind))
        return [read(args[0], one) for one in value] if len(args) == 1 else read_members(args[1], value)
    if attr.has(kind):
        return read_facet(kind, value) if is_facet(kind) else read_object(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    assert type(value) in ((int, float) if kind is float else (kind,)), (kind, value)
    return value


def read_members(kind, value):
    return {name: read(kind, one) for name, one in value.items()}


def read_object(kind, value):
    hints = typing.get_type_hints(kind)
    known = {one.alias: one.name for one in attr.fields(kind)}
    made = kind(**{name: read(hints[known[name]], one) for name, one in value.items()})
    attr.validate(made)
    return made


def read_facet(expected, value):
    kind = FACETS[value["_schemaURL"]]
    assert issubclass(kind, expected), (kind, expected)
    return read_object(kind, {name.removeprefix("_"): one for name, one in value.items() if name != "_schemaURL"})


def read_event(told):
    assert told["schemaURL"] == event_v2.RunEvent._get_schema()
    return read_object(event_v2.RunEvent, {name: one for name, one in told.items() if name != "schemaURL"})


def load_events(code, actor=scenes.LAN):
    return done(program_of(actor).get(f"/api/v1/lineage/loads/{code}"))


def test_a_load_is_told_as_it_began_and_ended(table, source):
    code = Load.objects.get().code
    began, ended = load_events(code)
    started, completed = read_event(began), read_event(ended)
    assert (started.eventType, completed.eventType) == (event_v2.RunState.START, event_v2.RunState.COMPLETE)
    assert started.run.runId == completed.run.runId == openlineage.run_id(Load.objects.get())
    assert started.eventTime == "2026-11-03T02:00:02+00:00"
    (came,), (made,) = completed.inputs, completed.outputs
    assert (came.namespace, came.name) == (f"file://{source.code}", "Danh mục cơ sở")
    assert (made.namespace, made.name) == ("nganam://VN", table.code)
    beds = made.facets["columnLineage"].fields["so_giuong"].inputFields[0]
    assert (beds.namespace, beds.name, beds.field) == (came.namespace, came.name, "Số giường bệnh")
    assert "Số giường bệnh" in [one.name for one in came.facets["schema"].fields]
    assert [one.name for one in made.facets["schema"].fields] == [one["name"] for one in scenes.COLUMNS]
    assert made.facets["version"].datasetVersion == "1"
    assert made.facets["ownership"].owners[0].name == "agency:CT-SYT"
    assert {one.field: one.value for one in made.facets["tags"].tags}["dien_thoai"] == "personal"
    assert made.outputFacets["outputStatistics"].rowCount == 3
    assert came.inputFacets["dataQualityMetrics"].rowCount == 3


def test_a_load_that_failed_says_why_and_wrote_nothing(table):
    stopped = scenes.load(table, [("00124", "", "", "", "không phải số")], at=scenes.AT + timedelta(minutes=1))
    assert stopped.state == "failed"
    failed = read_event(load_events(stopped.code)[-1])
    assert (failed.eventType, failed.outputs) == (event_v2.RunState.FAIL, [])
    assert failed.run.facets["errorMessage"].message == stopped.message
    rejected = failed.inputs[0].inputFacets["dataQualityAssertions"].assertions
    assert [(one.assertion, one.success, one.actual) for one in rejected] == [("no_rejected_rows", False, "1")]
    assert failed.inputs[0].namespace == f"file://{table.code}"


def test_a_load_that_changed_nothing_and_one_that_restores_are_told_too(table):
    from nganam.kernel.actors import system
    from nganam.warehouse import loading, operations

    at = scenes.AT + timedelta(minutes=1)
    unchanged = scenes.load(table, at=at)
    assert unchanged.state == "unchanged"
    told = read_event(load_events(unchanged.code)[-1])
    assert told.outputs[0].outputFacets["outputStatistics"].rowCount == 0
    scenes.load(table, scenes.ROWS[:2], at=at)
    version = table.versions.get(number=1)
    again = operations.restore_version(actor=scenes.LAN, at=at, version=version, reason="Nạp nhầm tệp.")
    loading.run_load(actor=system("worker"), now=lambda: at, code=again.code)
    restored = read_event(load_events(again.code)[-1])
    (came,), (made,) = restored.inputs, restored.outputs
    assert (came.name, came.facets["version"].datasetVersion) == (table.code, "1")
    assert made.facets["version"].datasetVersion == "3"
    assert made.facets["columnLineage"].fields["loai"].inputFields[0].transformations[0].subtype == "IDENTITY"


def test_rules_of_the_contract_are_told_as_assertions(table):
    from nganam.warehouse import agreeing, queries

    rules = [{"name": "Có giường", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 11",
              "severity": "warning"}]  # fmt: skip
    fresh = queries.table(table.code)
    agreeing.change_terms(actor=scenes.LAN, at=scenes.AT, table=fresh, rules=rules, terms={})
    ended = scenes.load(queries.table(table.code), scenes.ROWS[:2], at=scenes.AT + timedelta(minutes=1))
    told = read_event(load_events(ended.code)[-1]).inputs[0].inputFacets["dataQualityAssertions"].assertions
    assert (told[0].name, told[0].success, told[0].severity) == ("Có giường", False, "warn")


def test_what_the_standard_does_not_know_or_misses_is_noticed(table):
    """The reader above can fail: each of these is a mistake that it finds."""
    _began, told = load_events(Load.objects.get().code)
    for spoil in (
        lambda one: one["run"].update(runId="NAP-2026-0001"),
        lambda one: one.pop("job"),
        lambda one: one.update(eventType="DONE"),
        lambda one: one.update(eventTime="2026-11-03"),
        lambda one: lineage_facet(one).update(columns=[]),
        lambda one: lineage_facet(one).pop("fields"),
        lambda one: lineage_facet(one).update(_schemaURL="https://openlineage.io/spec/facets/9-9-9/Nothing.json"),
        lambda one: one["outputs"][0]["outputFacets"]["outputStatistics"].update(rowCount="3"),
    ):
        spoilt = deepcopy(told)
        read_event(spoilt)
        spoil(spoilt)
        with pytest.raises((TypeError, ValueError, KeyError, AssertionError)):
            read_event(spoilt)


def lineage_facet(event):
    return event["outputs"][0]["facets"]["columnLineage"]


@pytest.mark.once
def test_many_events_ask_no_more_of_the_database_than_few(table):
    program = program_of(scenes.LAN)
    counts = []
    for minute in range(1, 5):
        with CaptureQueriesContext(connection) as caught:
            done(program.get("/api/v1/lineage/events"))
        counts.append(len(caught))
        scenes.load(table, scenes.ROWS[: minute % 2 + 1], at=scenes.AT + timedelta(minutes=minute))
    assert len(set(counts[1:])) == 1, counts  # the first one notes the use of the key


def test_events_are_harvested_page_by_page_and_each_once(table):
    for minute in range(1, 5):
        scenes.load(table, scenes.ROWS[: minute % 2 + 1], at=scenes.AT + timedelta(minutes=minute))
    program, seen, after = program_of(scenes.LAN), [], ""
    for _page in range(5):
        found = done(program.get("/api/v1/lineage/events", {"limit": 2, "after": after}))
        assert len(found["events"]) <= 4
        seen += [(one["run"]["runId"], read_event(one).eventType) for one in found["events"]]
        after = found["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 10
    ended = [openlineage.run_id(one) for one in Load.objects.order_by("ended_at", "pk")]
    assert [run for run, kind in seen if kind != event_v2.RunState.START] == ended
    late = done(program.get("/api/v1/lineage/events", {"since": "2026-11-03T09:03:00+07:00"}))
    assert [one["run"]["runId"] for one in late["events"]][::2] == ended[3:]
    said = refused(program.get("/api/v1/lineage/events", {"since": "2026-11-03T09:03:00"}), 422, "invalid")
    assert list(said["fields"]) == ["since"]
    said = refused(program.get("/api/v1/lineage/events", {"after": "NAP-1999-0001"}), 422, "invalid")
    assert list(said["fields"]) == ["after"]


def test_others_get_no_event_and_no_graph(table, source):
    code = Load.objects.get().code
    program = program_of(scenes.PHUC)
    for path in (f"loads/{code}", f"tables/{table.code}", f"sources/{source.code}"):
        refused(program.get(f"/api/v1/lineage/{path}"), 404, "not_found")
    assert done(program.get("/api/v1/lineage/events")) == {"events": [], "next": ""}
    assert len(done(program_of(scenes.MINH).get("/api/v1/lineage/events"))["events"]) == 2


def test_where_a_source_is_reached_and_its_password_are_in_no_event(province):
    from nganam.warehouse import sourcing
    from nganam.warehouse.connecting import Entered
    from scenes_lineage import table_of

    entered = Entered("203.0.114.5", 5432, "his", "kho_doc", "Hoa-Sen-2026")
    source = sourcing.declare_source(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", kind="postgresql", name="HIS", relation="y_te.co_so",
        entered=entered,
    )  # fmt: skip
    from nganam.kernel.actors import system
    from nganam.warehouse import loading, operations

    table = table_of(source)
    load = operations.start_load(actor=scenes.LAN, at=scenes.AT, table=table)
    assert loading.run_load(actor=system("worker"), now=lambda: scenes.AT, code=load.code).state == "failed"
    program = program_of(scenes.LAN)
    paths = (f"loads/{load.code}", "events", f"tables/{table.code}", f"sources/{source.code}")
    text = "".join(json.dumps(done(program.get(f"/api/v1/lineage/{path}"))) for path in paths)
    assert f"postgres://{source.code}" in text
    assert "y_te.co_so" in text
    for secret in ("203.0.114.5", "5432", "kho_doc", "Hoa-Sen"):
        assert secret not in text


def test_the_graph_is_told_to_programs_as_on_the_page(used, source):
    program = program_of(scenes.LAN)
    told = done(program.get(f"/api/v1/lineage/tables/{used.service.table.code}", {"column": "ten_co_so"}))
    assert told["upstream"] == [f"source:{source.code}"]
    assert told["downstream"] == [f"service:{used.service.code}", f"consumer:{used.code}"]
    assert ["Tên cơ sở", "ten_co_so"] in told["links"][0]["pairs"]
    told = done(program.get(f"/api/v1/lineage/sources/{source.code}"))
    assert [one["kind"] for one in told["nodes"]] == ["table", "source", "service", "consumer"]
    path = f"/api/v1/lineage/tables/{used.service.table.code}"
    refused(program.get(path, {"column": "khong_co"}), 404, "not_found")
