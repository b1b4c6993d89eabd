"""S12, S19.1: from the source's column to who is served it, computed from what is recorded, asked both ways."""

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import scenes
from at_once import signed_in
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import NotFound
from nganam.lineage import computing, queries
from nganam.warehouse.models import Load, Table
from scenes_lineage import everything, read_source, table_of

pytestmark = pytest.mark.django_db
CODE = "co-so-kham-chua-benh"
TABLE = f"table:{CODE}"
PAGE = f"/kho/{CODE}/dong-du-lieu/"


def story(actor=scenes.LAN, column=""):
    return queries.of_table(actor, CODE, scenes.AT, column=column)


def kinds(nodes):
    return [one.kind for one in nodes]


@pytest.mark.law("S12")
def test_data_are_traced_from_the_source_to_who_calls(used, source):
    found = story()
    assert [(one.id, one.title) for one in found.upstream] == [(f"source:{source.code}", "Danh mục cơ sở")]
    assert kinds(found.downstream) == ["service", "consumer"]
    service, consumer = found.downstream
    assert (service.calls, consumer.calls, found.calls) == (12, 12, 12)  # today and the 29 days before, no more
    assert (consumer.agency, consumer.title) == ("CT-X31507", "Một cửa điện tử")
    assert (service.classification, consumer.classification) == ("personal", "shared")
    assert found.focus.version == "phiên bản 1, hợp đồng 1.0.0"


@pytest.mark.law("S12")
def test_a_column_is_followed_from_its_heading_to_the_fields_that_were_granted(used, source):
    beds = story(column="so_giuong")
    assert [(one.id, [each.name for each in one.fields]) for one in beds.upstream] == [
        (f"source:{source.code}", ["Số giường bệnh"])
    ]
    assert beds.downstream == []  # the service does not offer it
    name = story(column="ten_co_so")
    assert kinds(name.downstream) == ["service", "consumer"]
    telephone = story(column="dien_thoai")
    assert kinds(telephone.downstream) == ["service"]  # offered, and not granted
    (kind_of,) = [one for one in story(column="loai").graph.links if one.upper == TABLE]
    assert (kind_of.pairs, kind_of.filters) == ({("loai", "loai")}, frozenset())
    with pytest.raises(NotFound, match="khong_co"):
        story(column="khong_co")


def test_a_column_the_service_only_asks_by_is_a_column_it_depends_on(used):
    used.service.filter_columns = ["loai", "so_giuong"]
    used.service.save(update_fields=["filter_columns"])
    beds = story(column="so_giuong")
    assert kinds(beds.downstream) == ["service"]
    (link,) = [one for one in beds.graph.links if one.upper == TABLE]
    assert (link.pairs, link.filters) == (frozenset(), {("so_giuong", "so_giuong")})


def test_an_account_limited_by_a_column_that_is_not_offered_depends_on_it(used):
    used.rows = {"so_giuong": ["10"]}
    used.save(update_fields=["rows"])
    beds = story(column="so_giuong")
    assert [(one.kind, one.code) for one in beds.downstream] == [("consumer", used.code)]
    (link,) = [one for one in beds.graph.links if one.upper == TABLE]
    assert (link.pairs, link.filters) == (frozenset(), {("so_giuong", "so_giuong")})
    assert kinds(story().downstream) == ["service", "consumer"]


def test_what_a_service_offers_no_more_or_a_table_has_no_more_leads_nowhere(used):
    used.service.fields.filter(name="ten_co_so").delete()
    assert story(column="ten_co_so").downstream == []
    used.service.fields.filter(name="loai").update(name="cot_da_bo")
    found = story().graph
    held = {name: {field.name for field in node.fields} for name, node in found.nodes.items()}
    assert all(upper in held[one.upper] for one in found.links for upper, _lower in one.pairs | one.filters)


def test_the_headings_are_those_the_loader_took_and_what_it_left_is_told_of_the_source(table, source):
    load = Load.objects.get(state="committed")
    assert load.found["headings"]["so_giuong"] == "Số giường bệnh"
    (node,) = story().upstream
    assert [one.name for one in node.fields][-1] == "Ghi chú nội bộ"
    assert next(one for one in node.fields if one.name == "Điện thoại").classification == "personal"
    assert not any(one.is_assumed for one in node.fields)


def test_of_a_load_from_before_headings_were_noted_those_a_try_saw_are_matched_as_the_loader_does(table, source):
    from nganam.warehouse import trying

    load = Load.objects.get(state="committed")
    del load.found["headings"]
    load.save(update_fields=["found"])
    (before,) = story(column="so_giuong").upstream
    assert [(one.name, one.is_assumed) for one in before.fields] == [("Số giường", True)]
    trying.try_source(actor=scenes.LAN, at=scenes.AT, source=source)
    (seen,) = story(column="so_giuong").upstream
    assert [(one.name, one.is_assumed) for one in seen.fields] == [("Số giường bệnh", False)]


def test_an_upload_takes_the_place_of_the_source_until_it_is_read_again(table, source):
    scenes.load(table, at=scenes.AT + timedelta(minutes=1))
    found = story()
    assert kinds(found.upstream) == ["source", "upload"]
    meant = {one.upper: one.is_meant for one in found.graph.links}
    assert meant == {f"source:{source.code}": True, f"upload:{CODE}": False}
    read_source(Table.objects.get(), at=scenes.AT + timedelta(minutes=2))
    assert kinds(story().upstream) == ["source"]


def test_what_was_restored_comes_from_where_it_came_from_the_first_time(table, source):
    from nganam.kernel.actors import system
    from nganam.warehouse import loading, operations

    later = scenes.AT + timedelta(minutes=1)
    scenes.load(table, scenes.ROWS[:1], at=later)
    first = table.versions.get(number=1)
    load = operations.restore_version(actor=scenes.LAN, at=later, version=first, reason="Nạp nhầm tệp.")
    ended = loading.run_load(actor=system("worker"), now=lambda: later + timedelta(minutes=1), code=load.code)
    assert ended.state == "committed"
    assert [one.id for one in story().upstream] == [f"source:{source.code}"]
    assert not any(one.is_meant for one in story().graph.links)


def test_rows_that_were_erased_change_nothing_of_where_the_rest_comes_from(table, source):
    from dataclasses import replace

    from nganam.kernel.actors import system
    from nganam.lineage import openlineage
    from nganam.warehouse import erasing, loading

    later = scenes.AT + timedelta(minutes=1)
    made = erasing.propose(actor=scenes.LAN, at=later, table=table, column="ma_co_so", values=[scenes.ROWS[0][0]],
                           basis="subject", reason="Theo yêu cầu")  # fmt: skip
    load = erasing.confirm(actor=replace(scenes.LAN, code="hoa"), at=later, erasure=made)
    ended = loading.run_load(actor=system("worker"), now=lambda: later, code=load.code)
    assert ended.state == "committed"
    assert [one.id for one in story().upstream] == [f"source:{source.code}"]
    told = openlineage.events_of_load(scenes.LAN, load.code)[-1]
    assert [one["name"] for one in (*told["inputs"], *told["outputs"])] == [table.code, table.code]
    assert told["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == len(scenes.ROWS) - 1


@pytest.mark.law("S12")
def test_what_breaks_when_a_source_stops_is_listed_by_use(used, source):
    found = queries.of_source(scenes.LAN, source.code, scenes.AT)
    assert [(kind, len(nodes)) for kind, nodes in found.affected] == [("table", 1), ("service", 1), ("consumer", 1)]
    assert (found.calls, found.users, found.upstream) == (12, 1, [])
    assert [one.calls for one in found.downstream] == [12, 12, None]


def test_a_source_nothing_is_read_from_breaks_nothing(source):
    found = queries.of_source(scenes.LAN, source.code, scenes.AT)
    assert (found.focus.title, found.downstream) == ("Danh mục cơ sở", [])
    page = signed_in("lan").get(f"/kho/nguon/{source.code}/dong-du-lieu/").content.decode()
    assert "Không có gì phụ thuộc nguồn này" in page


@pytest.mark.law("S19.1")
def test_open_data_questions_files_and_the_open_tier_are_in_the_graph(province):
    everything()
    found = queries.of_table(scenes.LAN, CODE, scenes.AT)
    assert {one.kind for one in found.downstream} == {
        "service", "consumer", "dataset", "release", "file", "question"
    }  # fmt: skip
    release = next(one for one in found.downstream if one.kind == "release")
    assert (release.version, found.graph.above[release.id][0].partition(":")[0]) == ("phiên bản 1", "dataset")
    asked = queries.of_table(scenes.LAN, CODE, scenes.AT, column="so_giuong")
    assert "question" not in kinds(asked.downstream)
    assert "question" in kinds(queries.of_table(scenes.LAN, CODE, scenes.AT, column="loai").downstream)


def test_a_question_is_named_to_who_may_open_it_only(province):
    everything()
    (own,) = [one for one in queries.of_table(scenes.LAN, CODE, scenes.AT).downstream if one.kind == "question"]
    (other,) = [one for one in queries.of_table(scenes.MINH, CODE, scenes.AT).downstream if one.kind == "question"]
    assert own.title == "Theo loại"
    assert (other.title, other.link, other.agency) == ("Câu hỏi phân tích đã lưu", "", "CT-SYT")


@pytest.mark.law("S12")
def test_whatever_is_below_something_has_it_above(province):
    """Both questions are answered from the same links: for every pair of nodes, and for every pair of fields."""
    everything()
    found = computing.of_tables(scenes.LAN, list(Table.objects.select_related("agency", "source")), scenes.AT)
    assert len(found.nodes) > 6
    for one, other in itertools.permutations(found.nodes, 2):
        assert (other in found.downstream(one)) == (one in found.upstream(other)), (one, other)
        assert not (other in found.downstream(one) and one in found.downstream(other)), "no circle"
    points = [(node.id, field.name) for node in found.nodes.values() for field in node.fields]
    below = {point: found.points_below(point) for point in points}
    above = {point: found.points_above(point) for point in points}
    for start, end in itertools.permutations(points, 2):
        assert (end in below[start]) == (start in above[end]), (start, end)
        if end in below[start]:
            assert end[0] in found.downstream(start[0])
    assert sum(map(len, below.values())) > 10
    for link in found.links:  # no link names a field that its ends do not have
        for upper, lower in link.pairs | link.filters:
            assert (link.upper, upper) in below
            assert (link.lower, lower) in below


def test_who_does_not_work_with_the_table_finds_no_page(used, source):
    paths = (PAGE, f"{PAGE}?cot=loai", f"/kho/nguon/{source.code}/dong-du-lieu/")
    for path in paths:
        assert signed_in("lan").get(path).status_code == 200, path
        assert signed_in("minh").get(path).status_code == 200, path
        for name in ("phuc", "khanh"):
            assert signed_in(name).get(path).status_code in {403, 404}, (name, path)
    assert signed_in("phuc").get(PAGE).status_code == 404
    assert signed_in("lan").get(f"{PAGE}?cot=khong_co").status_code == 404
    assert signed_in("lan").post(PAGE).status_code == 405
    other = Actor(Kind.PERSON, "phuc", "Thạch Phúc", "CT-X31507", frozenset({Role.FOCAL}))
    with pytest.raises(NotFound):
        queries.of_source(other, source.code, scenes.AT)


def test_the_pages_tell_the_same_in_the_picture_and_in_lists(used, source):
    page = signed_in("lan").get(PAGE).content.decode()
    assert page.count("<rect") == 4
    for told in ("Danh mục cơ sở", "Số giường bệnh", used.application.name, used.service.name):
        assert told in page
    table_page = signed_in("lan").get(f"/kho/{CODE}/").content.decode()
    assert f'href="{PAGE}"' in table_page
    source_page = signed_in("lan").get(f"/kho/nguon/{source.code}/").content.decode()
    assert f'href="/kho/nguon/{source.code}/dong-du-lieu/"' in source_page


@pytest.mark.once
def test_a_page_asks_the_same_number_of_questions_however_much_there_is(used, source):
    client = signed_in("lan")
    paths = (PAGE, f"/kho/nguon/{source.code}/dong-du-lieu/")
    before = [asked(client, path) for path in paths]
    for number in range(3):
        more = table_of(Table.objects.get(code=CODE).source, code=f"bang-{number}")
        assert read_source(more).state == "committed"
        scenes.declared_service(more, name=f"Dịch vụ {number}")
        scenes.declared_service(Table.objects.get(code=CODE), name=f"Dịch vụ khác {number}")
    after = [asked(client, path) for path in paths]
    assert after == before
    assert max(after) <= 30


def asked(client, path):
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)
