"""Reading numbers, dates and texts as Vietnamese files write them. Pure parts, with Hypothesis."""

from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine import checking, contract, landing, reading

from .conftest import as_csv

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def values(folder, kind, texts, *, delimiter=",", **attributes):
    """Pass texts through the whole pipe as one column; return what was accepted, by line, and the lines rejected."""
    shape = contract.from_list(
        [{"name": "stt", "type": "integer", "key": True}, {"name": "v", "type": kind, **attributes}]
    )
    content = as_csv([(str(at), text) for at, text in enumerate(texts)], header=["stt", "v"], delimiter=delimiter)
    landed = landing.land_stream([content], "a.csv", folder, limit=10**7)
    found = reading.inspect(landed, "a.csv", shape)
    rows = reading.extract(landed, "a.csv", found, folder / "rows.parquet")
    checked = checking.check(rows, found, shape, folder / "ok.parquet", communes=attributes.get("communes"))
    kept = {row["stt"]: row["v"] for row in pq.read_table(folder / "ok.parquet").to_pylist()}
    refused = {int(one.cells[0]): one.flaws[0].reason for one in checked.rejections}
    return kept, refused


def vietnamese(number, decimals=2):
    return f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


@QUICK
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_a_vietnamese_column_of_decimals_reads_back(tmp_path, numbers):
    texts = [vietnamese(number) for number in numbers]
    kept, refused = values(tmp_path, "decimal", texts)
    assert not refused
    assert all(kept[at] == pytest.approx(round(number, 2), abs=0.0051) for at, number in enumerate(numbers))


@QUICK
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_machines_column_of_decimals_reads_back_exactly(tmp_path, numbers):
    kept, refused = values(tmp_path, "decimal", [repr(number) for number in numbers], point=".")
    assert not refused
    assert [kept[at] for at in range(len(numbers))] == numbers


@QUICK
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.sampled_from([".", ",", " ", ""]))
def test_whole_numbers_read_back_whatever_sets_thousands_apart(tmp_path, numbers, sign):
    kept, refused = values(tmp_path, "integer", [f"{number:,}".replace(",", sign) for number in numbers])
    assert not refused
    assert [kept[at] for at in range(len(numbers))] == numbers


@QUICK
@given(
    st.lists(st.dates(date(1800, 1, 1), date(2200, 12, 31)), min_size=1, max_size=20), st.sampled_from(["/", "-", "."])
)
def test_dates_read_back_day_first_and_iso(tmp_path, days, sign):
    texts = [f"{day.day}{sign}{day.month:02d}{sign}{day.year}" for day in days] + [day.isoformat() for day in days]
    kept, refused = values(tmp_path, "date", texts)
    assert not refused
    assert [kept[at] for at in range(len(texts))] == days + days


@QUICK
@given(
    st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=10), st.integers(-12, 14)
)
def test_instants_read_back_in_utc(tmp_path, moments, hours):
    zoned = [f"{moment.isoformat()}{hours:+03d}:00" for moment in moments]
    local = [moment.isoformat(sep=" ") for moment in moments]
    kept, refused = values(tmp_path, "datetime", zoned + local)
    assert not refused
    expected = [moment - timedelta(hours=hours) for moment in moments] + [
        moment - timedelta(hours=7) for moment in moments
    ]
    assert [kept[at].replace(tzinfo=None) for at in range(len(expected))] == expected


@QUICK
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=30), min_size=1, max_size=20)
)
def test_texts_read_back_but_for_blanks_at_the_ends(tmp_path, texts):
    import unicodedata

    kept, refused = values(tmp_path, "text", texts)
    assert not refused
    trim = " \t\r\n\u00a0\ufeff"
    assert [kept[at] for at in range(len(texts))] == [
        unicodedata.normalize("NFC", unicodedata.normalize("NFC", text)).strip(trim) or None for text in texts
    ]


def test_leading_zeros_and_long_ids_stay_text(tmp_path):
    kept, _ = values(tmp_path, "text", ["00123", "094199012345", "1e5"])
    assert list(kept.values()) == ["00123", "094199012345", "1e5"]


@pytest.mark.parametrize(
    ("text", "day"),
    [("31/12/2020", date(2020, 12, 31)), ("1/2/2021", date(2021, 2, 1)), ("29/02/2024", date(2024, 2, 29)),
     ("2024-02-29", date(2024, 2, 29)), ("2024-02-29T00:00:00", date(2024, 2, 29)), ("2024/3/1", date(2024, 3, 1))],
)  # fmt: skip
def test_a_day_is_read(tmp_path, text, day):
    assert values(tmp_path, "date", [text])[0] == {0: day}


@pytest.mark.parametrize(
    "text", ["31/02/2015", "2023-02-29", "12/31/2020", "01/01/20", "chưa rõ", "2020", "1/1/2020 10:00"]
)
def test_what_is_no_day_is_refused(tmp_path, text):
    assert values(tmp_path, "date", [text])[1] == {0: "date"}


@pytest.mark.parametrize(
    ("text", "number"), [("1.234,5", 1234.5), ("1 234,5", 1234.5), ("0,5", 0.5), ("-12", -12.0), ("+3,25", 3.25)]
)
def test_a_vietnamese_decimal_is_read(tmp_path, text, number):
    assert values(tmp_path, "decimal", [text])[0] == {0: number}


def test_a_lone_group_of_three_follows_the_file(tmp_path):
    assert values(tmp_path, "decimal", ["1.234"], delimiter=";")[0] == {0: 1234.0}
    assert values(tmp_path, "decimal", ["1.234"], delimiter=",")[0] == {0: 1.234}
    assert values(tmp_path, "decimal", ["1.234", "0,5"], delimiter=",")[0] == {0: 1234.0, 1: 0.5}
    assert values(tmp_path, "decimal", ["1.234"], delimiter=";", point=".")[0] == {0: 1.234}


@pytest.mark.parametrize("text", ["mười", "1,2,3", "12a", "1.23.456", "--1", "NaN", "inf", "1.5"])
def test_what_is_no_whole_number_is_refused(tmp_path, text):
    assert values(tmp_path, "integer", [text])[1] == {0: "integer"}


@pytest.mark.parametrize(("text", "moment"), [
    ("31/12/2020 07:30", datetime(2020, 12, 31, 0, 30, tzinfo=UTC)),
    ("31/12/2020", datetime(2020, 12, 30, 17, 0, tzinfo=UTC)),
    ("2020-12-31T07:30:15Z", datetime(2020, 12, 31, 7, 30, 15, tzinfo=UTC)),
    ("2020-12-31 07:30:15.25+0700", datetime(2020, 12, 31, 0, 30, 15, 250000, tzinfo=UTC)),
])  # fmt: skip
def test_an_instant_is_read(tmp_path, text, moment):
    assert values(tmp_path, "datetime", [text])[0][0].replace(tzinfo=UTC) == moment


def test_hours_beyond_the_day_are_refused(tmp_path):
    assert values(tmp_path, "datetime", ["31/12/2020 25:00", "31/12/2020 10:61"])[1] == {0: "datetime", 1: "datetime"}


def test_yes_and_no_are_read(tmp_path):
    kept, refused = values(tmp_path, "boolean", ["Có", "không", "1", "FALSE", "x", "có lẽ"])
    assert kept == {0: True, 1: False, 2: True, 3: False, 4: True}
    assert refused == {5: "boolean"}


def test_rules_of_the_contract_are_kept(tmp_path):
    assert values(tmp_path, "integer", ["5", "-1", "99"], minimum="0", maximum="50")[1] == {1: "minimum", 2: "maximum"}
    assert values(tmp_path, "date", ["01/01/1899", "01/01/2000"], minimum="1900-01-01")[1] == {0: "minimum"}
    assert values(tmp_path, "text", ["A1", "B2"], pattern="A[0-9]")[1] == {1: "pattern"}
    assert values(tmp_path, "text", ["a", "b", ""], allowed="a, c")[1] == {1: "allowed"}


@pytest.mark.parametrize(
    "column",
    [{"name": "Mã"}, {"name": "a", "type": "số"}, {"name": "a", "pattern": "("},
     {"name": "a", "type": "date", "minimum": "1"},
     {"name": "a", "la": 1}, {"title": "không tên"}, {"name": "a", "point": ";"}, {"name": "_a"}],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_with_the_place(column):
    with pytest.raises(Invalid) as refused:
        contract.from_list([column])
    assert refused.value.fields["columns"]


def test_a_contract_reads_back_from_yaml():
    written = contract.from_list(
        [{"name": "a", "key": True, "allowed": ["x", "y"]}, {"name": "b", "type": "date", "unit": "ngày"}]
    )
    assert contract.from_yaml(contract.to_yaml(written)) == written
    assert contract.from_yaml(contract.to_yaml(written)).hash == written.hash
    with pytest.raises(Invalid):
        contract.from_yaml("columns: [")
    with pytest.raises(Invalid):
        contract.from_yaml("a: 1")


def test_a_key_is_always_required():
    assert contract.from_list([{"name": "a", "key": True}]).columns[0].required


def test_names_stand_once():
    with pytest.raises(Invalid):
        contract.from_list([{"name": "a"}, {"name": "a"}])
