"""Vietnamese text is one spelling inside, searchable without accents, sorted as a Vietnamese list."""

import html
import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.text import fold, highlight, norm, search_words, slug, sort_key

VIETNAMESE = st.text(
    alphabet="aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
    " ĐÂÔ019<&\"'\u0301\u0302",
    max_size=40,
)


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("Hoà", "hòa"), ("HÒA", "hòa"), ("khoẻ", "khỏe"), ("thuý", "thúy"), ("uỷ ban", "ủy ban"), ("toàn", "toàn"),
        ("tòan", "toàn"), ("hùynh", "huỳnh"), ("qúy", "quý"), ("quý", "quý"), ("Hoà,", "hòa,"), ("Ðồng", "đồng"),
    ],
)  # fmt: skip
def test_spellings_of_one_word_become_one(written: str, one: str) -> None:
    assert norm(written) == one
    assert norm(unicodedata.normalize("NFD", written)) == one


@given(st.text() | VIETNAMESE)
def test_settling_a_spelling_twice_changes_nothing_more(text: str) -> None:
    assert norm(norm(text)) == norm(text)
    assert norm(unicodedata.normalize("NFD", text)) == norm(text)


@pytest.mark.parametrize(
    ("text", "folded"), [("Đồng Tháp", "dong thap"), ("ĐẶC THÙ", "dac thu"), ("Ngã Năm", "nga nam"), ("ưỡn", "uon")]
)
def test_folding_drops_every_mark(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@given(st.text() | VIETNAMESE)
def test_folding_is_stable_and_knows_no_spelling(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert not any(unicodedata.category(one) == "Mn" for one in fold(text))


@given(VIETNAMESE)
def test_folding_forgets_what_norm_settles(text: str) -> None:
    assert fold(norm(text)) == fold(text)


def test_a_slug_is_an_address() -> None:
    assert slug("Cơ sở khám, chữa bệnh (Đợt 2)") == "co-so-kham-chua-benh-dot-2"
    assert slug(" – ") == ""


@given(st.text())
def test_a_slug_has_letters_digits_and_single_hyphens_only(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))
    assert slug(slug(text)) == slug(text)


def test_letters_sort_before_tones_and_tones_before_case() -> None:
    right = [
        "", "An", "ăn", "ân", "Ân", "Ấn", "ba", "bà", "bả", "bã", "bá", "bạ", "bà con", "Da", "Đa", "em", "êm", "on",
        "ôn", "Ôn", "ơn", "Phường 1", "Phường 2", "Phường 10", "Phường 010 b", "tu", "tư", "z", "Ωmega",
    ]  # fmt: skip
    shuffled = right[7:] + right[:7]
    assert sorted(shuffled, key=sort_key) == right


def test_the_alphabet_sorts_in_its_order() -> None:
    letters = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
    backwards = letters[::-1]
    assert "".join(sorted(backwards, key=sort_key)) == letters


@given(VIETNAMESE, VIETNAMESE)
def test_equal_keys_mean_the_same_text(first: str, second: str) -> None:
    same = unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    assert (sort_key(first) == sort_key(second)) == same


@given(st.text(alphabet=string.ascii_lowercase, max_size=8), st.text(alphabet=string.ascii_lowercase, max_size=8))
def test_plain_words_sort_as_everywhere(first: str, second: str) -> None:
    assert (sort_key(first) < sort_key(second)) == (first < second)


@given(st.text())
def test_any_text_has_a_key(text: str) -> None:
    assert isinstance(sort_key(text), str)


def test_hits_are_marked_and_everything_is_escaped() -> None:
    shown = highlight('Trường <b>"xã" Kế Sách & huyện Kế Sách', ["ke sach", "TRƯỜNG"])
    assert shown == (
        "<mark>Trường</mark> &lt;b&gt;&quot;xã&quot; <mark>Kế Sách</mark> &amp; huyện <mark>Kế Sách</mark>"
    )


def test_a_hit_is_whole_words_and_the_longest_term_wins() -> None:
    assert highlight("toàn an ninh", ["an", "an ninh"]) == "toàn <mark>an ninh</mark>"
    assert highlight("khám chữa", ["kha"]) == "khám chữa"
    assert highlight("Danh sách dân số Sóc Trăng", ["dan", "so"]) == (
        "Danh sách <mark>dân</mark> <mark>số</mark> Sóc Trăng"
    )


def test_combining_marks_stay_inside_the_hit() -> None:
    decomposed = unicodedata.normalize("NFD", "Sóc Trăng")
    assert highlight(decomposed, ["soc"]) == f"<mark>{decomposed[:4]}</mark>{decomposed[4:]}"
    assert highlight(unicodedata.normalize("NFD", "xã"), ["xa"]) == f"<mark>{unicodedata.normalize('NFD', 'xã')}</mark>"


def test_without_terms_nothing_is_marked() -> None:
    assert highlight("a < b", []) == "a &lt; b"
    assert highlight("a < b", ["", "  "]) == "a &lt; b"


def test_a_long_text_is_cut_at_words_around_the_first_hit() -> None:
    text = "Danh sách cơ sở khám bệnh, chữa bệnh trên địa bàn tỉnh Sóc Trăng cập nhật hằng quý theo Quy chế"
    shown = highlight(text, ["soc trang"], 40)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "<mark>Sóc Trăng</mark>" in shown
    assert re.sub("<.*?>|…", "", shown).strip() in text
    assert highlight(text, ["khong co"], 18) == "Danh sách cơ sở…"
    assert highlight(text, ["quy che"], 30).endswith("<mark>Quy chế</mark>")
    assert highlight(text, ["danh"], 500) == f"<mark>Danh</mark>{text[4:]}"


def test_a_text_without_spaces_is_cut_where_it_must() -> None:
    assert highlight("x" * 50, ["nothing"], 10) == "x" * 10 + "…"
    assert highlight("x" * 50 + " hit-" + "y" * 50, ["hit"], 10).count("…") == 2
    assert highlight("a-" * 20 + "hit" + "-b" * 20, ["hit"], 9).count("…") == 2


def test_a_hit_longer_than_the_window_is_shown_whole() -> None:
    assert highlight("xã Kế Sách mới", ["ke sach"], 4) == "…<mark>Kế Sách</mark>…"


def test_hits_outside_the_window_are_left_out() -> None:
    shown = highlight("an " + "x " * 60 + "an", ["an"], 20)
    assert shown.count("<mark>") == 1


@given(VIETNAMESE, st.lists(VIETNAMESE, max_size=3))
def test_marking_never_changes_the_text(text: str, terms: list[str]) -> None:
    shown = highlight(text, terms)
    assert html.unescape(re.sub("</?mark>", "", shown)) == text


@given(VIETNAMESE, st.lists(VIETNAMESE, max_size=2), st.integers(1, 30))
def test_a_cut_text_is_a_part_of_the_text(text: str, terms: list[str], width: int) -> None:
    shown = highlight(text, terms, width)
    assert html.unescape(re.sub("</?mark>", "", shown)).strip("…") in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Trạm y tế Mỹ Tú", ["tram", "y", "te", "my", "tu"]),
        ("ĐƯỜNG_30/4, số 12-B", ["duong", "30", "4", "so", "12", "b"]),
        (unicodedata.normalize("NFD", "Bệnh viện"), ["benh", "vien"]),
        ('" * : AND (', ["and"]),
        ("", []),
    ],
)
def test_words_are_searched_without_marks_and_signs(text: str, words: list[str]) -> None:
    assert search_words(text) == words
