"""JSON, NDJSON, XML and maps are read into the same checks as tables; what has no end or hides something is refused."""

import io
import json
import sqlite3
import struct
import zipfile

import pytest
import shapefile

from nganam.kernel.errors import Invalid
from nganam.warehouse import loading, operations, queries
from nganam.warehouse.engine import landing, layers, positions, reading
from nganam.warehouse.engine.manner import Asked

from .conftest import AT, COLUMNS, LAN, ROWS, WORKER, now

NAMES = [one["name"] for one in COLUMNS]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
VN2000 = 9210
"""EPSG: VN-2000 / TM-3 105-45, of Cần Thơ."""


def look(tmp_path, content, name="tep", **asked):
    landed = landing.land_stream([content], name, tmp_path, limit=10**9)
    shape = reading.inspect(landed, name, None, Asked(**asked))
    return (
        landed.kind,
        shape.sheet,
        [dict(zip(shape.header, cells, strict=True)) for _, cells in reading.rows_of(landed, name, shape)],
    )


def as_json(value):
    return json.dumps(value, ensure_ascii=False).encode()


# ---- what comes in ----


@pytest.mark.parametrize(
    ("content", "kind", "part"),
    [
        (as_json(RECORDS), "json", ""),
        (b"\xef\xbb\xbf" + as_json(RECORDS), "json", ""),
        (as_json({"tong": 3, "data": {"items": RECORDS}, "loi": []}), "json", "data.items"),
        (b"\n".join(map(as_json, RECORDS)) + b"\n\n", "jsonl", ""),
        (
            "<?xml version='1.0'?><ds xmlns='urn:x'><lap>Sở Y tế</lap>".encode()
            + "".join(
                f"<co_so ma_co_so='{one[0]}'><ten_co_so>{one[1]}</ten_co_so><x:ma_xa xmlns:x='u'>{one[2]}</x:ma_xa>"
                f"<so_giuong>{one[3]}</so_giuong><ngay_hoat_dong>{one[4]}</ngay_hoat_dong></co_so>"
                for one in ROWS
            ).encode()
            + b"</ds>",
            "xml",
            "ds/co_so",
        ),
    ],
)
def test_records_are_loaded_as_tables_are_and_zeros_in_front_stay(load, facilities, content, kind, part):
    done = load(content, "co-so")
    assert (done.state, done.accepted, done.message) == ("committed", 3, "")
    assert (done.file_kind, done.found["sheet"]) == (kind, part)
    found = queries.rows(facilities)
    assert [one["ma_co_so"] for one in found] == ["00123", "00124", "00200"]
    assert (found[1]["so_giuong"], found[0]["ngay_hoat_dong"], found[2]["so_giuong"]) == (1250, "2004-03-15", None)


def test_nested_values_are_named_by_the_way_to_them_and_lists_stay_json(tmp_path):
    content = b'[{"a":{"b":"007","c":{"d":true}},"n":1.50,"l":[1,{"x":2.10}],"e":null},{"khac":12345678901234567890}]'
    assert look(tmp_path, content)[2] == [
        {"a.b": "007", "a.c.d": "true", "n": "1.50", "l": '[1,{"x":2.10}]', "e": "", "khac": ""},
        {"a.b": "", "a.c.d": "", "n": "", "l": "", "e": "", "khac": "12345678901234567890"},
    ]
    xml = b"<r><x><t>1</t><t>2</t><d k='v'>w</d></x><x><t/></x></r>"
    assert look(tmp_path, xml)[2] == [{"t": '["1","2"]', "d.k": "v", "d": "w"}]


def test_a_column_finds_its_field_inside_others_and_a_number_keeps_its_point(load, agencies):
    columns = [{"name": "ma", "key": True}, {"name": "ma_xa", "type": "commune"}, {"name": "do", "type": "decimal"}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="do", title="Đo", columns=columns)
    content = as_json([{"ma": "a", "dia_chi": {"Mã xã": "31498"}, "do": 1.234, "thua": 1}, {"ma": "b", "do": 1234}])
    done = load(content, "do.json", table=table)
    assert done.ignored_columns == ["thua"]
    assert [(one["ma_xa"], one["do"]) for one in queries.rows(table)] == [("31498", 1.234), (None, 1234.0)]


def test_rejected_records_are_told_by_their_number_and_missing_fields_by_name(load, facilities):
    done = load(as_json([*RECORDS, RECORDS[0] | {"ma_co_so": "9", "ma_xa": "00000"}, RECORDS[0]]))
    assert [(one.line, one.reason) for one in queries.rejected_rows(done)] == [(4, "commune"), (5, "duplicate")]
    with pytest.raises(Invalid) as refused:
        load(as_json([{"ma_co_so": "1"}, {"Tên cơ sở": "a"}]))
    assert refused.value.details["fault"] == "missing_fields"
    assert refused.value.details["params"]["missing"] == ["Mã xã", "Số giường", "Ngày hoạt động"]


def test_which_of_several_lists_is_said_and_another_read_again(load, facilities):
    both = as_json({"cu": RECORDS[:1], "moi": RECORDS})
    with pytest.raises(Invalid, match="nhiều phần có thể là bảng: cu, moi"):
        load(both)
    upload = operations.Upload("hai.json", [both])
    started = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload, asked=Asked(sheet="moi"))
    done = loading.run_load(actor=WORKER, now=now, code=started.code)
    assert (done.state, done.accepted) == ("committed", 3)
    again = operations.load_again(actor=LAN, at=AT, load=done, asked=Asked(sheet="cu"))
    assert loading.run_load(actor=WORKER, now=now, code=again.code).accepted == 1
    with pytest.raises(Invalid, match="không có phần “khac”"):
        operations.load_again(actor=LAN, at=AT, load=done, asked=Asked(sheet="khac"))


# ---- what is refused ----

BAD = {
    "a key twice": (b'[{"a":1,"b":2,"a":3}]', "repeated_field"),
    "a key twice, deep in a list": (b'[{"l":[{"a":1,"a":2}]}]', "repeated_field"),
    "two ways to one name": (b'[{"a.b":1,"a":{"b":2}}]', "repeated_field"),
    "half a file": (b'[{"a":1},{"a":', "broken_json"),
    "no JSON": (b'[{"a":1} {"a":2}]', "broken_json"),
    "bytes that are no UTF-8": (b'[{"a":"\xe0\x20"}]', "broken_json"),
    "lists without end": (b'[{"a":' + b"[" * 100_000, "too_deep"),
    "objects without end": (b'[{"a":' + b'{"a":' * 100_000, "too_deep"),
    "arrays without end": (b'[{"a":1},' + b"[" * 3_000_000, "too_deep"),
    "100 000 keys, one twice": (b"[{" + b",".join(b'"%d":1' % at for at in range(99_999)) + b',"7":1}]', "too_wide"),
    "a comment without end": (b"<a><!--" + b"x" * 3_000_000 + b"--><b/><b/></a>", "cell_too_long"),
    "10 000 fields": (as_json([{f"k{at}": 1 for at in range(10_000)}]), "too_wide"),
    "other fields in each": (b"[" + b",".join(b'{"k%d":1}' % at for at in range(10_000)) + b"]", "too_wide"),
    "a cell without end": (b'[{"a":"' + b"x" * 2_000_000 + b'"}]', "cell_too_long"),
    "a list without end": (b'[{"a":[' + b"1," * 1_000_000 + b"1]}]", "cell_too_long"),
    "a number without end": (b'[{"a":' + b"9" * 5_000 + b"}]", "broken_json"),
    "one object": (b'{"a":1}', "no_records"),
    "lists of numbers": (b'{"a":[1,2,3]}', "no_records"),
    "billion laughs": (b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a><x>&b;</x><x/></a>', "xml_entities"),
    "a file of the server": (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "xml_entities"),
    "another's document type": (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a><b/></a>', "xml_entities"),
    "half an XML": (b"<a><b>1</b>", "broken_xml"),
    "elements without end": (b"<a>" * 100_000, "too_deep"),
    "a text without end": (b"<a><b>" + b"x" * 2_000_000 + b"</b></a>", "cell_too_long"),
    "an XML with nothing": (b"<a/>", "no_records"),
    "10 000 kinds": (b"<a><r>" + b"".join(b"<k%d/>" % at for at in range(10_000)) + b"</r></a>", "too_wide"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_broken_or_without_measure_is_refused(tmp_path, case):
    content, fault = BAD[case]
    with pytest.raises(Invalid) as refused:
        look(tmp_path, content)
    assert refused.value.details["fault"] == fault
    assert refused.value.hint


@pytest.mark.slow
def test_a_hundred_megabytes_in_one_cell_are_refused_in_little_memory(tmp_path):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start, end, name in ((b'[{"a":"', b'"}]', "a.json"), (b"<a><b>", b"</b></a>", "a.xml")):
        pieces = [start, *[b"x" * 1_000_000] * 100, end]
        landed = landing.land_stream(pieces, name, tmp_path, limit=10**9)
        with pytest.raises(Invalid) as refused:
            reading.inspect(landed, name)
        assert refused.value.details["fault"] == "cell_too_long"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 120_000, f"{grown} kB"


# ---- maps ----


def geojson(*features, **more):
    told = [{"type": "Feature", "properties": one[0], "geometry": one[1]} for one in features]
    return as_json({"type": "FeatureCollection", **more, "features": told})


POINT = {"type": "Point", "coordinates": [105.77, 10.03]}


def test_a_geojson_gives_properties_geometry_and_of_points_where_they_are(tmp_path):
    line = {"type": "LineString", "coordinates": [[105, 10], [105.5, 10.25]]}
    kind, part, found = look(tmp_path, geojson(({"ma": "001", "chu": {"ten": "A"}}, POINT), ({"ma": "2"}, line)))
    assert (kind, part) == ("geojson", "features")
    assert found == [
        {"ma": "001", "chu.ten": "A", "geometry": '{"type":"Point","coordinates":[105.77,10.03]}', "lon": "105.77",
         "lat": "10.03"},
        {"ma": "2", "chu.ten": "", "geometry": '{"type":"LineString","coordinates":[[105,10],[105.5,10.25]]}',
         "lon": "", "lat": ""},
    ]  # fmt: skip


def test_metres_without_a_system_are_refused_and_with_one_are_turned(tmp_path):
    metres = {"type": "Point", "coordinates": [502_000.0, 1_109_000.0]}
    with pytest.raises(Invalid, match="không phải kinh độ, vĩ độ") as refused:
        look(tmp_path, geojson(({}, metres)))
    assert "VN-2000" in refused.value.hint
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{VN2000}"}}
    (found,) = look(tmp_path, geojson(({}, metres), crs=crs))[2]
    assert (float(found["lon"]), float(found["lat"])) == pytest.approx((105.770_02, 10.028_4), abs=1e-3)
    with pytest.raises(Invalid, match="Không chuyển được hệ tọa độ"):
        look(tmp_path, geojson(({}, metres), crs={"type": "name", "properties": {"name": "hệ tự đặt"}}))
    with pytest.raises(Invalid) as refused:
        look(tmp_path, geojson(({}, {"type": "Polygon", "coordinates": "x"})))
    assert refused.value.details["fault"] == "broken_geometry"


def shapefile_zip(*, prj="", cpg="", encoding="utf-8", stems=("thua_dat",), x=105.77, y=10.03, name="Trạm y tế"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for stem in stems:
            shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
            with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POINT, encoding=encoding) as told:
                told.field("ma", "C", 10)
                told.field("ten", "C", 40)
                told.field("dien_tich", "N", 12, 2)
                told.field("ngay", "D")
                told.point(x, y)
                told.record("00123", name, 12.5, "20040315")
                told.null()
                told.record("00124", "", None, None)
            for ending, content in (("shp", shp), ("shx", shx), ("dbf", dbf)):
                archive.writestr(f"thu muc/{stem}.{ending}", content.getvalue())
            for ending, text in (("prj", prj), ("cpg", cpg)):
                if text:
                    archive.writestr(f"thu muc/{stem}.{ending}", text)
    return out.getvalue()


def test_a_zipped_shapefile_is_turned_from_vn2000_and_its_old_letters_are_read(tmp_path):
    import pyproj

    prj = pyproj.CRS(VN2000).to_wkt("WKT1_ESRI")
    content = shapefile_zip(prj=prj, x=502_000.0, y=1_109_000.0)
    kind, part, found = look(tmp_path, content, "thua-dat.zip")
    assert (kind, part) == ("shp", "thua_dat")
    assert {**found[0], "geometry": "", "lon": "", "lat": ""} == {
        "ma": "00123", "ten": "Trạm y tế", "dien_tich": "12.5", "ngay": "2004-03-15",
        "geometry": "", "lon": "", "lat": "",
    }  # fmt: skip
    assert json.loads(found[0]["geometry"])["coordinates"] == pytest.approx([105.770_02, 10.028_4], abs=1e-3)
    assert found[1] == {"ma": "00124", "ten": "", "dien_tich": "", "ngay": "", "geometry": "", "lon": "", "lat": ""}
    old = "NguyÔn V¨n Hïng, x· Mü Kh¸nh, huyÖn Phong §iÒn"  # in TCVN3
    tcvn = shapefile_zip(encoding="latin-1", name=old.encode("cp1252").decode("latin-1")[:40])
    assert look(tmp_path, tcvn, "a.zip", encoding="tcvn3")[2][0]["ten"].startswith("Nguyễn Văn Hùng, xã Mỹ Khánh")


def test_a_shapefile_with_no_system_several_layers_or_half_of_it_says_so(tmp_path):
    cases = {
        "no_projection": shapefile_zip(x=502_000.0, y=1_109_000.0),
        "unknown_projection": shapefile_zip(prj='LOCAL_CS["tu dat"]'),
        "several_parts": shapefile_zip(stems=("thua_dat", "duong")),
        "broken_map": shapefile_zip()[:-400],
    }
    for fault, content in cases.items():
        with pytest.raises(Invalid) as refused:
            look(tmp_path, content, "a.zip")
        assert refused.value.details["fault"] in {fault, "broken_workbook"}, fault
    assert look(tmp_path, cases["several_parts"], "a.zip", sheet="duong")[1] == "duong"


def rezipped(content, change):
    """Return the zip with its parts changed: by name and bytes, to what they are now."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            new.writestr(*change(one, old.read(one)))
    return out.getvalue()


def test_a_shapefile_whose_records_have_no_measure_or_whose_parts_do_not_fit_is_refused(tmp_path):
    def longer(ending, at, words):
        return lambda one, told: (
            one, told[:at] + struct.pack(">i", words) + told[at + 4 :] if one.endswith(ending) else told
        )  # fmt: skip

    good = shapefile_zip(cpg="UTF-8")
    assert len(look(tmp_path, rezipped(good, lambda *part: part), "a.zip")[2]) == 2
    wrong = {
        "a record of 2 GB": rezipped(good, longer(".shp", 104, 2**30)),
        "a record of less than nothing": rezipped(good, longer(".shp", 104, -8)),
        "an index of 2 GB": rezipped(good, longer(".shx", 104, 2**30)),
        "parts of two": rezipped(good, lambda one, told: (one.replace(".dbf", "2.dbf"), told)),
        "a broken code page": rezipped(good, lambda *part: part).replace(b"UTF-8", b"UTF-9"),
    }
    for case, content in wrong.items():
        with pytest.raises(Invalid) as refused:
            look(tmp_path, content, "a.zip")
        assert refused.value.details["fault"] in {"broken_geometry", "broken_map"}, case


def test_a_coordinate_of_four_hundred_digits_is_refused(tmp_path):
    content = geojson(({}, {"type": "Point", "coordinates": [105, 10]})).replace(b"[105,", b"[1" + b"0" * 400 + b",")
    with pytest.raises(Invalid) as refused:
        look(tmp_path, content)
    assert refused.value.details["fault"] == "broken_geometry"


def test_of_very_many_lists_twenty_are_told(tmp_path):
    with pytest.raises(Invalid) as refused:
        look(tmp_path, as_json({f"l{at}": [{"a": 1}] for at in range(1_000)}))
    assert len(refused.value.details["params"]["found"]) == 20


def test_a_zip_that_unpacks_beyond_measure_is_refused_whatever_it_says(tmp_path, monkeypatch):
    content = shapefile_zip()
    monkeypatch.setattr(landing, "UNPACKED_LIMIT", 100)
    with pytest.raises(Invalid) as refused:
        look(tmp_path, content, "a.zip")
    assert refused.value.details["fault"] == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(layers, "UNPACKED_LIMIT", 100)  # a zip that lies about the sizes of its parts
    with pytest.raises(Invalid) as refused:
        look(tmp_path, content, "a.zip")
    assert refused.value.details["fault"] == "too_large"


def geopackage(path, *, srs=4326, x=105.77, y=10.03, layers=("tram",), endless=False):
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA application_id = 0x47504B47")
        base.execute("CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)")
        base.execute("CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)")
        base.execute(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, "
            "definition TEXT)"
        )
        base.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, 'EPSG', ?, '')", [srs, srs])
        wkb = b"GP\x00\x01" + struct.pack("<i", srs) + struct.pack("<BIdd", 1, 1, x, y)
        for one in layers:
            base.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", [one])
            base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?)", [one, srs])
            if endless:
                base.execute(
                    f"CREATE VIEW {one} AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) "
                    "SELECT count(*) AS n, NULL AS geom FROM r"
                )
            else:
                base.execute(f"CREATE TABLE {one} (fid INTEGER PRIMARY KEY, geom BLOB, ma TEXT, cao REAL)")
                base.execute(f"INSERT INTO {one} VALUES (1, ?, '007', 1.25), (2, NULL, '008', 3)", [wkb])
    base.close()
    return path.read_bytes()


def test_a_geopackage_is_read_layer_by_layer_and_turned(tmp_path):
    kind, part, found = look(tmp_path, geopackage(tmp_path / "a", srs=VN2000, x=502_000.0, y=1_109_000.0), "a.gpkg")
    assert (kind, part, [one["ma"] for one in found], found[0]["cao"]) == ("gpkg", "tram", ["007", "008"], "1.25")
    assert float(found[0]["lat"]) == pytest.approx(10.028_4, abs=1e-3)
    assert found[1]["geometry"] == ""
    several = geopackage(tmp_path / "b", layers=("tram", "duong"))
    with pytest.raises(Invalid, match="duong, tram"):
        look(tmp_path, several)
    assert look(tmp_path, several, sheet="duong")[2][0]["lon"] == "105.77"


def test_a_geopackage_that_is_a_trap_or_broken_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "SECONDS", 1)
    for content in (geopackage(tmp_path / "a", endless=True), geopackage(tmp_path / "b")[:5000]):
        with pytest.raises(Invalid) as refused:
            look(tmp_path, content)
        assert refused.value.details["fault"] == "broken_map"


@pytest.mark.parametrize("name", ["tram", "gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"])
def test_a_geopackage_with_a_view_where_a_table_should_be_is_refused_before_it_is_asked(tmp_path, name):
    path = tmp_path / "a"
    geopackage(path)
    with sqlite3.connect(path) as base:
        base.execute(f"ALTER TABLE {name} RENAME TO cu")
        base.execute(
            f"CREATE VIEW {name} AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 9) "
            "SELECT cu.*, zeroblob(1000000) AS z FROM cu, r ORDER BY z"
        )
    base.close()
    with pytest.raises(Invalid) as refused:
        look(tmp_path, path.read_bytes())
    assert refused.value.details["fault"] == "broken_map"


def test_where_a_turned_place_lies_is_what_the_official_parameters_say():
    """The parameters of Decision 05/2007/QĐ-BTNMT, applied here by hand, agree with what the library does."""
    frame = positions.frame_of(f"EPSG:{VN2000}", "x")
    assert frame.turn is not None
    (lon,), (lat,) = frame.turn([500_000.0], [1_100_000.0])
    assert (lon, lat) == pytest.approx((105.751_783_9, 9.947_047_5), abs=1e-6)
