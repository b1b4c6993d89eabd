"""S12: a derived table in the graph: from the source's heading through its model to the service, asked both ways."""

from dataclasses import replace
from datetime import timedelta

import pytest

import scenes
from by_program import done, program_of
from nganam.kernel.actors import Role, system
from nganam.lineage import queries
from nganam.warehouse import loading, operations
from nganam.warehouse.models import FileState, VersionFile
from nganam.warehouse.transforms import operations as models

from .test_tell_openlineage import read_event

pytestmark = [pytest.mark.django_db, pytest.mark.law("S12")]
SQL = (
    "SELECT loai, count(*) AS so_co_so, sum(so_giuong) AS so_giuong, max(ten_co_so) AS ten_cuoi "
    "FROM co_so_kham_chua_benh WHERE dien_thoai IS NOT NULL GROUP BY loai"
)
COLUMNS = [
    {"name": "loai", "key": True}, {"name": "so_co_so", "type": "integer"}, {"name": "so_giuong", "type": "integer"},
    {"name": "ten_cuoi"},
]  # fmt: skip


@pytest.fixture
def derived(table):
    found = operations.declare_table(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", code="theo-loai", title="Cơ sở theo loại", columns=COLUMNS
    )
    models.save_model(actor=scenes.LAN, at=scenes.AT, table=found, sql=SQL)
    return found


def run():
    at = scenes.AT + timedelta(hours=1)
    (code,) = models.run_due(actor=system("worker"), at=at)
    ended = loading.run_load(actor=system("worker"), now=lambda: at, code=code)
    assert ended.state == "committed", ended.message
    return ended


def test_a_source_that_stops_breaks_what_is_computed_from_its_table_too(derived, source):
    run()
    story = queries.of_source(scenes.LAN, source.code, scenes.AT)
    assert [(kind, [one.code for one in held]) for kind, held in story.affected] == [
        ("table", ["co-so-kham-chua-benh", "theo-loai"])
    ]


def test_a_derived_table_comes_from_its_inputs_and_their_source(derived, source):
    waiting = queries.of_table(scenes.LAN, derived.code, scenes.AT)
    assert [one.code for one in waiting.upstream] == [source.code, "co-so-kham-chua-benh"]
    assert [one.is_meant for one in waiting.graph.links if one.lower == "table:theo-loai"] == [True], "not run yet"
    run()
    story = queries.of_table(scenes.LAN, derived.code, scenes.AT)
    assert not [one for one in story.graph.links if one.is_meant]
    beds = queries.of_table(scenes.LAN, derived.code, scenes.AT, column="so_giuong")
    told = {one.kind: sorted(field.name for field in one.fields) for one in beds.upstream}
    assert told["table"] == ["dien_thoai", "loai", "so_giuong"], "what it sums, and what decides about rows"
    assert "Số giường bệnh" in told["source"]


def test_of_anothers_table_that_a_model_ties_to_mine_only_the_table_is_shown(table):
    lead = replace(scenes.MINH, roles=scenes.MINH.roles | {Role.FOCAL})
    made = operations.declare_table(
        actor=lead, at=scenes.AT, agency=lead.agency, code="ca-tinh", title="Cả tỉnh", columns=COLUMNS
    )
    models.save_model(actor=lead, at=scenes.AT, table=made, sql=SQL.replace("dien_thoai", "loai"))
    run()
    VersionFile.objects.create(
        version=made.versions.get(), code="tep-rieng", format="csv", state=FileState.READY, asked_at=scenes.AT,
        asked_by=lead.name, columns=["loai"],
    )  # fmt: skip
    kinds = [
        {one.kind for one in queries.of_table(actor, table.code, scenes.AT).downstream} for actor in (lead, scenes.LAN)
    ]
    assert kinds == [{"table", "file"}, {"table"}]
    upstream = queries.of_table(lead, made.code, scenes.AT).upstream
    assert [one.kind for one in upstream] == ["source", "table"], "the lead agency sees every table"


def test_a_column_of_the_input_is_followed_into_the_derived_table(derived):
    run()
    down = queries.of_table(scenes.LAN, "co-so-kham-chua-benh", scenes.AT, column="ten_co_so").downstream
    assert [(one.code, [field.name for field in one.fields]) for one in down] == [("theo-loai", ["ten_cuoi"])]
    every = queries.of_table(scenes.LAN, "co-so-kham-chua-benh", scenes.AT, column="dien_thoai").downstream
    assert len(every[0].fields) == 4, "it decides which rows there are"


def test_a_run_is_told_with_its_inputs_versions_and_what_became_of_each_column(derived):
    ended = run()
    (_began, told) = done(program_of(scenes.LAN).get(f"/api/v1/lineage/loads/{ended.code}"))
    event = read_event(told)
    (came,), (made,) = event.inputs, event.outputs
    assert (event.job.name, came.name, came.facets["version"].datasetVersion) == (
        "model.theo-loai", "co-so-kham-chua-benh", "1",
    )  # fmt: skip
    fields = made.facets["columnLineage"].fields
    kinds = {
        name: [(one.field, one.transformations[0].subtype) for one in held.inputFields] for name, held in fields.items()
    }
    assert kinds == {
        "loai": [("loai", "IDENTITY")], "so_giuong": [("so_giuong", "AGGREGATION")],
        "ten_cuoi": [("ten_co_so", "TRANSFORMATION")],
    }  # fmt: skip
    deciding = {(one.field, one.transformations[0].subtype) for one in made.facets["columnLineage"].dataset}
    assert deciding == {("dien_thoai", "FILTER"), ("loai", "GROUP_BY")}
