"""Articles are cited as officers cite them; each legal term has one English word and one code word."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import nganam.law
from nganam.kernel.text import sort_key
from nganam.law import glossary
from nganam.law.articles import LOCAL, article, articles, cite, instruments, read_instruments
from nganam.law.doc import documents
from nganam.law.marks import RulesError

LAW = Path(nganam.law.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("code", "vi", "en"),
    [
        ("D35.2đ", "điểm đ khoản 2 Điều 35 Nghị định 47/2020/NĐ-CP", "Article 35(2)(đ), Decree 47/2020/NĐ-CP"),
        ("D38.11", "khoản 11 Điều 38 Nghị định 47/2020/NĐ-CP", "Article 38(11), Decree 47/2020/NĐ-CP"),
        ("N194.40.3", "khoản 3 Điều 40 Nghị định 194/2025/NĐ-CP", "Article 40(3), Decree 194/2025/NĐ-CP"),
        ("N278", "Nghị định 278/2025/NĐ-CP", "Decree 278/2025/NĐ-CP"),
        ("GDDT43", "Điều 43 Luật Giao dịch điện tử 2023", "Article 43, Law on Electronic Transactions 2023"),
        (LOCAL, "Quy định nội bộ, không phải luật", "Local choice, not law"),
    ],
)  # fmt: skip
def test_a_code_is_cited_in_both_languages(code: str, vi: str, en: str) -> None:
    assert cite(code) == vi
    assert cite(code, "en") == en


def test_an_article_says_whether_its_text_was_read() -> None:
    assert article("D35.3").read == "V"
    assert article("N278.15").read == "V2"
    assert article("N278.2").read == "V"
    assert article("BLDS148").read == "R-high"


def test_a_point_has_its_clauses_summary() -> None:
    point = article("S8.2c")
    assert point.summary == article("S8.2").summary
    assert point.citation_vi.startswith("điểm c khoản 2 Điều 8 Quy chế")
    assert point.instrument_vi == article("S8").instrument_vi


@pytest.mark.parametrize(
    "code", ["", "D", "D99", "D35.99", "D35.99a", "D99a", "X1", "N19416", "N194.", LOCAL, "D.35", "35.3"]
)
def test_a_code_that_is_not_listed_is_an_error(code: str) -> None:
    with pytest.raises(LookupError):
        article(code)


def test_every_listed_article_is_found_by_its_code_and_has_words() -> None:
    assert len(articles()) > 200
    for code, one in articles().items():
        assert article(code) == one
        assert len(one.summary) > 9
        assert one.citation_en


def test_all_29_articles_of_the_regulation_are_listed() -> None:
    assert {f"S{number}" for number in range(1, 30)} <= articles().keys()


def test_prefixes_are_distinct() -> None:
    assert len({one.prefix for one in instruments()}) == len(instruments())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {prefix: X", "articles: "),
        ("- {prefix: X, vi: x, en: x, read: maybe, articles: {}}", "maybe"),
        ("- {prefix: X, vi: x, en: x, read: V, articles: {'a1': text}}", "X: .*a1"),
        ("- {prefix: X, vi: x, en: x, read: V, articles: {'1': text}, marks: {'2': V2}}", "X: .*2"),
    ],
)
def test_a_faulty_list_of_articles_is_refused(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=said):
        read_instruments(text)


def test_the_glossary_has_every_term_once_in_order() -> None:
    found = glossary.terms()
    assert len(found) >= 45
    assert [one.vi for one in found] == sorted((one.vi for one in found), key=lambda vi: sort_key(vi.lower()))


def test_terms_say_what_they_mean_and_where_it_stands() -> None:
    for one in glossary.terms():
        assert one.en
        assert one.code
        assert len(one.definition) > 20
        assert one.article == LOCAL or article(one.article).summary


def test_the_four_registers_called_danh_muc_have_four_names() -> None:
    registers = {one.vi: one.code for one in glossary.terms() if one.vi.startswith("danh mục")}
    assert len(registers) == 4
    assert set(registers.values()) == {
        "catalogue.Edition(DATABASES)",
        "catalogue.Edition(DEFAULT_DATA)",
        "opendata.OpenListEdition",
        "services.Publication",
    }


def test_one_english_word_means_one_thing() -> None:
    counted = Counter(one.en for one in glossary.terms())
    assert [word for word, count in counted.items() if count > 1] == []


TERM = "- {vi: hoà, en: a, code: a, definition: a, article: D1}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [("- {vi: [", "glossary"), ("- {vi: a}", "en"), (TERM + TERM.replace("hoà", "Hòa"), "stands twice: hòa")],
)
def test_a_faulty_glossary_is_refused(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=said):
        glossary.read_terms(text)


@pytest.mark.parametrize("path", ["glossary.md", "law/rulesets.md"])
def test_the_written_pages_say_what_the_data_says(path: str) -> None:
    assert (DOCS / path).read_text(encoding="utf-8") == documents()[path], "run ./nganam docs"


def test_tables_of_the_pages_are_whole() -> None:
    for text in documents().values():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_a_later_rule_set_shows_only_what_changed() -> None:
    section = documents()["law/rulesets.md"].partition("## 2025-08-19")[2].partition("## 2025-10-22")[0]
    assert "`acct_issue`" in section
    assert "`svc_publish`" not in section
    assert "`special_agreement`" not in section


@pytest.mark.parametrize("path", sorted(LAW.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_key_of_a_file_stands_twice(path: Path) -> None:
    # The YAML reader keeps the last of two equal keys without a word: an article stated twice would lose one.
    waiting: list[yaml.Node | None] = [yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value)
            assert [key for key, count in keys.items() if count > 1] == []
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
