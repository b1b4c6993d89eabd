"""Dates, numbers, sizes and terms as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from nganam.face import formats
from nganam.face.templatetags import nganam as tags
from nganam.kernel.machine import State

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (1000000, "1.000.000", "1,000,000"),
        (0, "0", "0"),
        (-0.1, "-0,1", "-0.1"),
        (Decimal("86.250"), "86,25", "86.25"),
        ("1234", "1.234", "1,234"),
        ("không rõ", "không rõ", "không rõ"),
        (1e22, "10.000.000.000.000.000.000.000", "10,000,000,000,000,000,000,000"),
        (None, "–", "–"),
        ("", "–", "–"),
        (True, "True", "True"),
    ],
)
def test_a_number_has_the_separators_of_the_language(value, vi, en):
    with override("vi"):
        assert tags.vi_number(value) == vi
    with override("en"):
        assert tags.vi_number(value) == en


def test_decimals_can_be_fixed():
    assert tags.vi_number(3, 2) == "3,00"
    assert tags.vi_number("2.345", 1) in {"2,3", "2,4"}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_written_number_reads_back_as_itself(value):
    assert Decimal(formats.number_text(value).replace(".", "").replace(",", ".")) == value


def test_an_instant_is_written_in_vietnamese_time():
    evening = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert tags.vi_date(evening) == "24/11/2026"
    assert tags.vi_datetime(evening) == "01:30 24/11/2026"
    assert tags.vi_date(TODAY) == "24/11/2026"
    assert tags.vi_date(None) == tags.vi_datetime(None) == "–"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (48213, "48,2 kB"), (123_456_789, "123 MB"), (5 * 10**15, "5.000 TB")],
)
def test_a_size_is_written_in_decimal_units(count, text):
    assert tags.bytes_(count) == text


@pytest.mark.parametrize(
    ("due", "text", "tone"),
    [
        (date(2026, 11, 27), "còn 3 ngày", "calm"),
        (date(2026, 11, 26), "còn 2 ngày", "soon"),
        (TODAY, "đến hạn hôm nay", "soon"),
        (date(2026, 11, 22), "quá hạn 2 ngày", "over"),
        (None, "–", "calm"),
    ],
)
def test_a_term_says_how_long_is_left(due, text, tone):
    assert tags.due_text(due, TODAY) == text
    assert tags.due_tone(due, TODAY) == tone
    assert tags.overdue(due, TODAY) is (tone == "over")


@pytest.mark.parametrize(
    ("article", "text"),
    [
        ("D35.2", "khoản 2 Điều 35"),
        ("D11.4d", "điểm d khoản 4 Điều 11"),
        ("D18", "Điều 18"),
        ("S5.3", "khoản 3 Điều 5 Quy chế"),
        ("S3", "Điều 3 Quy chế"),
        ("N194.40.3", "khoản 3 Điều 40 Nghị định 194/2025/NĐ-CP"),
        ("N278", "N278"),
        ("nội bộ", "nội bộ"),
        ("L12.3", "L12.3"),
        ("Dự thảo", "Dự thảo"),
    ],
)
def test_a_clause_is_written_in_words_and_a_local_choice_as_such(article, text):
    assert tags.article_text(article) == text
    assert tags.is_local(article) is (article == "nội bộ")


def test_a_code_is_written_as_the_name_of_its_agency():
    names = {"CT-SYT": "Sở Y tế"}
    assert tags.named("CT-SYT", names) == "Sở Y tế"
    assert tags.named("CT-SYT/HIS", names) == "Sở Y tế/HIS"
    assert tags.named("CT-X1", names) == "CT-X1"
    assert tags.named("CT-SYT", None) == "CT-SYT"
    assert tags.named(None, names) == ""


def test_a_label_follows_the_language():
    state = State("sent", "Đã gửi", "Sent")
    assert tags.label(state) == "Đã gửi"
    with override("en"):
        assert tags.label(state) == "Sent"
        assert tags.label({"vi": "Tên", "en": ""}) == "Tên"
        assert tags.label(SimpleNamespace(vi="Tên")) == "Tên"
    assert tags.label("chữ") == "chữ"


def test_changing_a_filter_keeps_the_others_and_goes_back_to_page_one():
    context = {"request": RequestFactory().get("/?q=y+t%E1%BA%BF&trang=4&co-quan=a&co-quan=b")}
    assert tags.page_query(context, "dinh-dang", "csv") == "?q=y+t%E1%BA%BF&co-quan=a&co-quan=b&dinh-dang=csv"
    assert tags.page_query(context, "trang", 5) == "?q=y+t%E1%BA%BF&trang=5&co-quan=a&co-quan=b"
    assert tags.page_query(context, "co-quan", "") == "?q=y+t%E1%BA%BF"
    assert tags.page_query({}, "trang", 2) == "?trang=2"


def test_an_icon_is_decoration_unless_it_has_a_title():
    assert 'aria-hidden="true"' in tags.icon("clock")
    assert 'aria-label="Quá &lt;hạn&gt;"' in tags.icon("clock", title="Quá <hạn>")
