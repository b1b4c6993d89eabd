"""Two texts of an agreement compared: what is shown is exactly what was added and removed."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.sharing.agreements.comparing import compare, in_words, pieces

TEXTS = st.text(alphabet="ab ớ.\n", max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_the_comparison(old, new):
    found = pieces(old, new)
    assert "".join(one.text for one in found if one.kind != "removed") == new
    assert "".join(one.text for one in found if one.kind != "added") == old
    assert all(one.text for one in found)
    assert all(one.kind != two.kind for one, two in pairwise(found))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert all(one.kind == "same" for one in pieces(text, text))


@pytest.mark.law("D37.2")
def test_a_changed_word_is_shown_as_that_word():
    found = pieces("Lưu tối đa 30 ngày tại phường.", "Lưu tối đa 60 ngày tại phường.")
    assert [(one.kind, one.text) for one in found] == [
        ("same", "Lưu tối đa "), ("removed", "30 "), ("added", "60 "), ("same", "ngày tại phường."),
    ]  # fmt: skip


def test_a_passage_written_anew_is_not_meshed_word_by_word():
    found = pieces("Xóa bảng.", "Hủy ổ đĩa tại kho của trung tâm dữ liệu")
    assert [one.kind for one in found] == ["removed", "added"]


def test_fields_and_days_are_compared_in_words():
    rows = [("fields", "Mục tin", "D38.2"), ("valid_until", "Đến trước", "D38.4"), ("other", "Khác", "D38.12")]
    old = {"fields": ["a", "b"], "valid_until": "2027-01-01", "other": "x"}
    new = {"fields": ["a"], "valid_until": "2028-01-01", "other": "x"}
    one, two, three = compare(old, new, rows, {"a": "Mã", "b": "Điện thoại"})
    assert "Điện thoại" in "".join(piece.text for piece in one.pieces if piece.kind == "removed")
    assert two.changed
    assert not three.changed
    assert in_words("2027-01-01", {}) == "01/01/2027"
    assert in_words(None, {}) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n".join(f"Dòng {one} của điều kiện đặc thù" for one in range(700)), None),
        ("a b " * 5_000, "b a " * 5_000),
        ("\n" * 20_000, "x\n" * 10_000),
        ("a. " * 6_000, "a. b. " * 3_000),
    ],
)
def test_the_longest_texts_are_compared_in_the_time_of_a_page(old, new):
    new = new or old.replace("đặc thù", "mặc định").replace("Dòng 7 ", "Thêm dòng\nDòng bảy ")
    began = time.process_time()
    found = pieces(old[:20_000], new[:20_000])
    assert time.process_time() - began < 3
    assert "".join(one.text for one in found if one.kind != "removed") == new[:20_000]
