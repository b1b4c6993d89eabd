"""The rule set in force on a day says its terms, fields, words and flags, with the article and whether it was read."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.workdays import Calendar
from nganam.law.articles import LOCAL, article, instruments
from nganam.law.marks import RulesError, Verified
from nganam.law.rules import Flag, RequiredField, RuleSet, Term, Word, all_rules, assemble, read_rules, rules, rules_on

VERSIONS = ["2020-05-25", "2025-08-19", "2025-10-22"]
FORMS = {
    "catalogue.entry": "D11.4", "services.description": "D24.3", "sharing.request": "D35.2", "log_record": "D45.2",
    "special_agreement": "D38", "self_evaluation": "D16.2", "focal_point": "D7.1", "opendata.dataset": "TT24",
}  # fmt: skip


def test_there_are_three_rule_sets_in_order() -> None:
    assert [one.version for one in all_rules()] == VERSIONS


@pytest.mark.law("D35.3", "N194.40.3")
@pytest.mark.parametrize(
    ("day", "version", "days"),
    [
        (date(2020, 5, 25), "2020-05-25", 5),
        (date(2025, 8, 18), "2020-05-25", 5),
        (date(2025, 8, 19), "2025-08-19", 2),
        (date(2025, 10, 21), "2025-08-19", 2),
        (date(2025, 10, 22), "2025-10-22", 2),
        (date(2026, 11, 24), "2025-10-22", 2),
    ],
)
def test_the_day_of_receipt_decides_the_days_for_an_account(day: date, version: str, days: int) -> None:
    found = rules_on(day)
    assert found.version == version
    assert found.term("acct_issue").value == days
    assert found.term("acct_issue").unit == "working_days"


@pytest.mark.law("D35.3")
def test_one_day_apart_a_request_is_due_five_or_two_working_days_on() -> None:
    received = (date(2025, 8, 18), date(2025, 8, 19))
    due = [Calendar().add(day, int(rules_on(day).term("acct_issue").value)) for day in received]
    assert due == [date(2025, 8, 25), date(2025, 8, 21)]


@given(st.dates(date(2020, 5, 25), date(2040, 1, 1)))
def test_every_day_since_has_one_rule_set_that_had_begun(day: date) -> None:
    found = rules_on(day)
    assert found.in_force_from <= day
    later = [one for one in all_rules() if one.in_force_from > found.in_force_from]
    assert all(one.in_force_from > day for one in later)


def test_before_the_decree_there_was_none() -> None:
    with pytest.raises(RulesError, match="2020-05-24"):
        rules_on(date(2020, 5, 25) - timedelta(days=1))


@pytest.mark.law("D25.1", "D34.2", "D43.3", "D43.5", "D49.1", "D49.2", "D16.4", "D20.3", "S5.2", "S24.3")
def test_the_numbers_of_2020_are_those_of_the_text() -> None:
    found = {one.key: (one.value, one.unit, one.article) for one in rules("2020-05-25").terms}
    assert found == {
        "acct_issue": (5, "working_days", "D35.3"),
        "svc_publish": (1, "working_days", "D25.1"),
        "svc_change": (0, "days", "D25.2"),
        "maint_notice": (7, "working_days", "D43.3"),
        "breach_notice": (1, "days", "D43.5"),
        "dispute_l1": (7, "working_days", "D49.1"),
        "dispute_l2": (7, "working_days", "D49.2"),
        "default_list_review": (6, "months", "D34.2"),
        "open_list_review": (6, "months", "D20.3"),
        "open_update": (3, "months", "D20.3"),
        "self_eval_report": ("12-31", "before_date", "D16.4"),
        "catalogue_update": (12, "months", "S5.2"),
        "catalogue_first": (6, "months", "D55.2"),
        "state_annual_report": (12, "months", "S24.3"),
    }
    assert all(one.is_verified for one in rules("2020-05-25").terms)


def test_what_nobody_has_read_is_marked() -> None:
    doubtful = {one.key for one in rules("2025-08-19").terms if not one.is_verified}
    assert doubtful == {"open_update", "open_list_review"}
    sure = {one.key for one in rules("2025-10-22").terms if one.is_verified}
    assert sure == {"catalogue_update", "state_annual_report"}
    assert all(one.note for one in rules("2025-10-22").terms if not one.is_verified)


def citing(found: RuleSet) -> Iterator[Term | Flag | RequiredField | Word]:
    """Yield everything in a rule set that rests on a legal text."""
    everything: list[Term | Flag | RequiredField | Word] = [*found.terms, *found.flags]
    everything += [one for fields in found.forms.values() for one in fields]
    everything += [one for words in found.vocabularies.values() for one in words]
    yield from (one for one in everything if one.article != LOCAL)


def test_fields_words_and_flags_are_as_far_read_as_their_article_and_local_ones_have_no_mark() -> None:
    found = rules("2020-05-25")
    by_name = {one.name: one for one in found.required("catalogue.entry")}
    assert by_name["name"].verified == "V"
    assert by_name["volume"].verified is None
    assert [one.verified for one in found.vocabulary("sharing_form")] == ["V", "V", "V"]
    assert {one.verified for one in found.vocabulary("open_theme")} == {None}
    assert {one.name for one in found.flags if one.verified is None} == {"pause_on_supplement", "deemed_approval"}
    assert rules("2025-10-22").required("catalogue.entry")[-1].verified == article("N278.15").read == "V2"


def test_what_rests_on_a_replaced_text_is_marked_unverified() -> None:
    for found in all_rules():
        for one in citing(found):
            if article(one.article).is_replaced_on(found.in_force_from):
                assert one.verified == "unverified", f"{found.version}: {one}"
    forms = rules("2025-10-22").forms
    doubtful = [one for fields in forms.values() for one in fields if one.verified == "unverified"]
    assert len(doubtful) == 82
    assert {one.article[0] for one in doubtful} == {"D"}
    assert not [one for found in all_rules()[:2] for fields in found.forms.values() for one in fields if one.stated]


def test_nothing_is_marked_better_read_than_its_article() -> None:
    worse = get_args(Verified).index
    for found in all_rules():
        for one in citing(found):
            assert worse(one.verified) >= worse(article(one.article).read), f"{found.version}: {one}"


def test_no_rule_set_cites_a_text_younger_than_itself() -> None:
    # The regulation is a draft of 2022 that no day was written into: the sets say so in their name.
    assert [one.prefix for one in instruments() if one.since is None] == ["S"]
    for found in all_rules():
        for one in citing(found):
            since = article(one.article).since
            assert since is None or since <= found.in_force_from, f"{found.version}: {one}"


def test_a_text_is_replaced_from_the_day_another_takes_its_place() -> None:
    assert not article("D35.3").is_replaced_on(date(2025, 10, 21))
    assert article("D35.3").is_replaced_on(date(2025, 10, 22))
    assert not article("N194.16").is_replaced_on(date(2040, 1, 1))


def test_the_mandatory_platform_comes_with_2025_10_22() -> None:
    assert rules("2025-10-22").term("ndop_deadline").value == "2027-01-01"  # by 31 December, so before 1 January
    assert rules("2025-10-22").flag("ndop_mandatory")
    assert not rules("2025-08-19").flag("ndop_mandatory")
    flag = next(one for one in rules("2025-10-22").flags if one.name == "ndop_mandatory")
    assert flag.verified == rules("2025-10-22").term("ndop_deadline").verified == "V2"


@pytest.mark.parametrize(
    "key", ["dispute_l3", "focal", "appraisal", "special_agreement", "out_of_province", "open_plan", "statistics"]
)
@pytest.mark.parametrize("version", VERSIONS)
def test_where_the_law_is_silent_there_is_no_term(version: str, key: str) -> None:
    assert rules(version).is_silent_on(key)
    with pytest.raises(LookupError):
        rules(version).term(key)
    assert not rules(version).is_silent_on("acct_issue")


@pytest.mark.law("N194.16")
def test_a_refusal_names_its_legal_basis_since_2025_08_19() -> None:
    assert [one.flag("refusal_legal_basis") for one in all_rules()] == [False, True, True]
    assert all(one.flag("refusal_reason") and one.flag("refusal_notified") for one in all_rules())


def test_no_clock_pauses_and_nothing_is_deemed_approved() -> None:
    assert not any(one.flag("pause_on_supplement") or one.flag("deemed_approval") for one in all_rules())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_required_fields_of_its_article(version: str, form: str) -> None:
    fields = rules(version).required(form)
    assert [one for one in fields if one.level == "L" and one.article.startswith(FORMS[form])]
    assert all(one.article != LOCAL for one in fields if one.level == "L"), "what the law requires has an article"


@pytest.mark.law("D38")
def test_a_special_agreement_has_twelve_items() -> None:
    fields = rules("2020-05-25").required("special_agreement")
    assert [one.article for one in fields] == [f"D38.{number}" for number in range(1, 13)]


@pytest.mark.law("D35.2")
def test_an_empty_request_misses_what_the_decree_asks() -> None:
    missing = rules("2025-10-22").missing("sharing.request", {})
    assert [one.name for one in missing] == [
        "agency",
        "purpose",
        "solution",
        "fields",
        "item_count",
        "service",
        "frequency",
    ]


@pytest.mark.parametrize("empty", [None, "", "  \n", [], (), {}, frozenset()])
def test_empty_is_missing(empty: object) -> None:
    full = {one.name: "x" for one in rules("2020-05-25").required("sharing.request")}
    assert rules("2020-05-25").missing("sharing.request", full) == ()
    assert [one.name for one in rules("2020-05-25").missing("sharing.request", {**full, "purpose": empty})] == [
        "purpose"
    ]


@pytest.mark.parametrize("present", [0, False, 7, date(2026, 1, 1), ["x"]])
def test_zero_and_no_are_answers(present: object) -> None:
    full = dict.fromkeys((one.name for one in rules("2020-05-25").required("log_record")), present)
    assert rules("2020-05-25").missing("log_record", full) == ()


def test_what_is_needed_to_publish_is_not_asked_when_declaring() -> None:
    found = rules("2020-05-25")
    asked = {one.name for one in found.missing("focal_point", {})}
    at_last = {one.name for one in found.missing("focal_point", {}, stage="publish")}
    assert at_last - asked == {"decision_number", "provincial_on", "national_on"}
    assert asked < at_last


def test_other_levels_are_asked_for_by_name() -> None:
    found = rules("2020-05-25").missing("sharing.request", {}, levels=("P", "O"))
    assert [one.name for one in found] == ["application", "other"]


@given(st.sampled_from(sorted(FORMS)), st.sampled_from(VERSIONS), st.data())
def test_filling_a_field_never_makes_another_missing(form: str, version: str, data: st.DataObject) -> None:
    found = rules(version)
    names = [one.name for one in found.required(form)]
    given_names = data.draw(st.frozensets(st.sampled_from(names)))
    more = given_names | {data.draw(st.sampled_from(names))}
    fewer = set(found.missing(form, dict.fromkeys(more, "x"), levels=("L", "P", "O"), stage="publish"))
    assert fewer <= set(found.missing(form, dict.fromkeys(given_names, "x"), levels=("L", "P", "O"), stage="publish"))
    assert {one.name for one in fewer} == set(names) - more


@pytest.mark.law("D6", "D23.1", "D47")
def test_vocabularies_have_the_words_of_the_text() -> None:
    found = rules("2025-10-22")
    assert [one.code for one in found.vocabulary("sharing_form")] == ["open", "default", "special"]
    assert [one.code for one in found.vocabulary("sharing_method")] == ["query", "sync", "package"]
    assert [one.article for one in found.vocabulary("dispute_kind")] == [f"D47.{number}" for number in range(1, 7)]
    assert len(found.vocabulary("termination_ground")) == 4
    assert "data_law_class" in found.vocabularies
    assert "data_law_class" not in rules("2020-05-25").vocabularies


@pytest.mark.law("D17.1")
def test_repealed_articles_are_not_cited_after_their_repeal() -> None:
    for version in VERSIONS[1:]:
        found = rules(version)
        cited = [one.article for fields in found.forms.values() for one in fields]
        cited += [one.article for words in found.vocabularies.values() for one in words]
        cited += [one.article for one in found.terms if one.is_verified]
        assert not [one for one in cited if one.startswith(("D17", "D18", "D19", "D20", "D21"))]


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_cites_an_article_that_is_listed(version: str) -> None:
    found = rules(version)
    cited = [one.article for one in found.terms] + [one.article for one in found.flags]
    cited += [code for one in found.silences for code in one.articles]
    cited += [one.article for fields in found.forms.values() for one in fields]
    cited += [one.article for words in found.vocabularies.values() for one in words]
    for code in set(cited) - {LOCAL}:
        assert article(code).code == code


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_is_said_in_both_languages(version: str) -> None:
    found = rules(version)
    said = [(one.vi, one.en) for one in found.terms]
    said += [(one.vi, one.en) for one in found.silences]
    said += [(one.vi, one.en) for one in found.flags]
    said += [(one.vi, one.en) for fields in found.forms.values() for one in fields]
    said += [(one.vi, one.en) for words in found.vocabularies.values() for one in words]
    assert all(vi.strip() and en.strip() for vi, en in said)


@pytest.mark.parametrize("ask", ["term", "required", "vocabulary", "flag"])
def test_an_unknown_name_is_an_error_that_says_it(ask: str) -> None:
    with pytest.raises(RulesError, match=r"2020-05-25.*'nothing'"):
        getattr(rules("2020-05-25"), ask)("nothing")


def test_an_unknown_version_is_an_error_that_says_it() -> None:
    with pytest.raises(RulesError, match="no rule set '1999-01-01'"):
        rules("1999-01-01")


HEAD = "version: '2030-01-01'\nin_force_from: 2030-01-01\nvi: Một\nen: One\n"
TERM = "{key: a, value: 3, unit: days, article: D1, source: X, verified: V, vi: a, en: a, starts_vi: a, starts_en: a}"


FIELD = "{name: n, vi: n, en: n, article: D1}"
WORD = "{code: c, vi: c, en: c, article: D1}"
SILENCE = "{key: a, vi: a, en: a, articles: [D1]}"
FLAG = "{name: x, value: maybe, article: D1, verified: V, vi: x, en: x}"


def term(was: str, becomes: str) -> str:
    return f"{HEAD}terms: [{TERM.replace(was, becomes)}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: [", "flow node"),
        ("version: '2030-01-01'", "in_force_from"),
        (HEAD.replace("2030-01-01'", "2030-01-02'"), "is not the day it comes into force"),
        (f"{HEAD}colour: red", "colour"),
        (term("days", "weeks"), "weeks"),
        (term("verified: V", "verified: sure"), "sure"),
        (term("value: 3", "value: -1"), "a: days needs a whole number"),
        (term("value: 3", "value: three"), "a: days needs a whole number"),
        (term("unit: days", "unit: before_date"), "a: before_date needs"),
        (term("value: 3, unit: days", "value: soon, unit: before_date"), "a: before_date needs"),
        (term("value: 3, unit: days", "value: 02-30, unit: before_date"), "day"),
        (f"{HEAD}terms: [{TERM}, {TERM}]", "term or silence stands twice: a"),
        (f"{HEAD}terms: [{TERM}]\nsilences: [{SILENCE}]", "term or silence stands twice: a"),
        (f"{HEAD}forms: {{f: [{FIELD.replace('}', ', level: X}')}]}}", "X"),
        (f"{HEAD}forms: {{f: [{FIELD}, {FIELD}]}}", "form field stands twice"),
        (f"{HEAD}vocabularies: {{v: [{WORD}, {WORD}]}}", "word stands twice"),
        (f"{HEAD}flags: [{FLAG}]", "flags"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=f"^one.yaml: (?s:.*){said}"):
        read_rules(text, "one.yaml")


def make(version: str, rest: str = "", extends: str = "") -> str:
    return f"version: '{version}'\nin_force_from: {version}\nvi: Một\nen: One\nextends: '{extends}'\n{rest}"


def test_a_later_file_states_only_what_changed() -> None:
    b, c, s = (TERM.replace("key: a", f"key: {key}") for key in "bcs")
    silent = "silences: [{key: %s, vi: s, en: s, articles: [D1]}]"
    first = read_rules(make("2030-01-01", f"terms: [{TERM}, {b}, {c}]\n{silent % 's'}"), "first")
    changed = f"terms: [{TERM.replace('value: 3', 'value: 9')}, {s}]\n{silent % 'c'}"
    doubt = "uncertain: {terms: [b], note: unread}"
    second = read_rules(make("2031-01-01", f"{changed}\n{doubt}", "2030-01-01"), "second")
    old, new = assemble([second, first])
    assert [one.key for one in old.terms] == ["a", "b", "c"]
    found = [(one.key, one.value, one.verified) for one in new.terms]
    assert found == [("a", 9, "V"), ("b", 3, "unverified"), ("s", 3, "V")]
    assert new.term("b").note == "unread"
    assert new.is_silent_on("c")
    assert not new.is_silent_on("s")


def test_of_doubtful_forms_and_vocabularies_what_a_replaced_text_asked_is_marked() -> None:
    kept, local = FIELD.replace("n,", "m,").replace("D1", "S5"), FIELD.replace("n,", "o,").replace("D1", LOCAL)
    old_field, old_word = FIELD.replace("D1", "D35.2đ"), WORD.replace("D1", "D6")
    parts = f"forms: {{f: [{old_field}, {kept}, {local}], g: [{old_field}]}}\n"
    words = f"vocabularies: {{v: [{old_word}], w: [{old_word}]}}"
    first = read_rules(make("2020-05-25", parts + words), "first")
    again = f"forms: {{f: [{FIELD.replace('D1', 'N278.1')}]}}\n"
    doubt = "uncertain: {forms: [f, g], vocabularies: [v], note: unread}"
    _, new = assemble([first, read_rules(make("2025-10-22", again + doubt, "2020-05-25"), "second")])
    assert [one.verified for one in new.required("f")] == ["V", "V", None]  # the first is stated anew
    assert [one.verified for one in new.required("g")] == ["unverified"]
    assert [one.verified for one in new.vocabulary("v")] == ["unverified"]
    assert [one.verified for one in new.vocabulary("w")] == ["V"]


@pytest.mark.parametrize("doubt", ["forms: [x]", "vocabularies: [x]", "forms: [f]"])
def test_a_doubt_about_nothing_is_refused(doubt: str) -> None:
    first = read_rules(make("2020-05-25", f"forms: {{f: [{FIELD.replace('D1', 'S5')}]}}"), "first")
    second = read_rules(make("2025-10-22", f"uncertain: {{{doubt}, note: n}}", "2020-05-25"), "second")
    with pytest.raises(RulesError, match=r"2025-10-22: nothing uncertain in, or no earlier set has: [xf]"):
        assemble([first, second])


def test_files_that_do_not_fit_are_refused() -> None:
    one = read_rules(make("2030-01-01"), "one")
    with pytest.raises(RulesError, match="two files of one version"):
        assemble([one, one])
    with pytest.raises(RulesError, match="extends '2029-01-01'"):
        assemble([read_rules(make("2030-01-01", extends="2029-01-01"), "one")])
    with pytest.raises(RulesError, match="no earlier set has: x"):
        assemble([one, read_rules(make("2031-01-01", "uncertain: {terms: [x], note: n}", "2030-01-01"), "two")])


def test_a_rule_set_is_never_changed() -> None:
    with pytest.raises(AttributeError):
        rules("2020-05-25").term("acct_issue").value = 9  # type: ignore[misc]
