"""Letters issued here: a number and sign from the agency's register, content frozen with its digest, a public token."""

import re
from datetime import date, timedelta

import pytest
from django.db import transaction

import scenes_letters as scenes
from nganam.audit.models import Entry
from nganam.documents import queries
from nganam.documents.letters import Signer, Table, content
from nganam.documents.models import NumberRegister, Paper
from nganam.documents.operations import register_paper, withdraw_paper
from nganam.kernel.errors import Invalid, NotFound, RuleBroken, Unavailable

pytestmark = pytest.mark.django_db


def test_a_decision_gets_number_and_sign_and_a_letter_the_sign_of_its_unit(minh):
    assert scenes.paper(minh).number == "01/QĐ-SKHCN"
    assert scenes.paper(minh).number == "02/QĐ-SKHCN"
    assert scenes.paper(minh, scenes.official_letter(), unit_sign="CNTT").number == "01/SKHCN-CNTT"
    assert scenes.paper(minh, scenes.official_letter()).number == "02/SKHCN"
    assert scenes.paper(minh, scenes.decision(kind="TTr", articles=(), body=("Kính trình.",))).number == "01/TTr-SKHCN"
    NumberRegister.objects.filter(kind="QĐ").update(last=99)
    assert scenes.paper(minh).number == "100/QĐ-SKHCN"


def test_each_agency_and_year_counts_for_itself_past_numbers_entered_by_hand(minh):
    register_paper(
        actor=minh,
        at=scenes.AT,
        kind="QĐ",
        number="02/QĐ-SKHCN",
        signed_on=date(2026, 3, 1),
        agency="CT-SKHCN",
        title="x",
    )
    assert [scenes.paper(minh).number for _ in range(2)] == ["01/QĐ-SKHCN", "03/QĐ-SKHCN"]
    assert scenes.paper(minh, scenes.decision(signed_on=date(2025, 12, 31))).number == "01/QĐ-SKHCN"
    other = scenes.issuer(code="CT-SYT", name="Sở Y tế", sign="SYT")
    assert scenes.paper(minh, scenes.decision(issuer=other)).number == "01/QĐ-SYT"


def test_a_deed_rolled_back_takes_the_number_with_it(minh):
    with transaction.atomic():
        scenes.paper(minh)
        transaction.set_rollback(True)
    assert scenes.paper(minh).number == "01/QĐ-SKHCN"
    assert Paper.objects.count() == 1


def test_what_the_letter_says_is_frozen_with_its_digest_and_belongs_to_its_case(minh):
    paper = scenes.paper(minh)
    paper.refresh_from_db()
    found = queries.issued(paper)
    assert found.letter == content.tidied(scenes.decision())
    assert found.number == paper.number
    assert found.address.endswith(f"/van-ban/xac-minh/{paper.token}/")
    assert paper.content_sha256 == content.digest(found)
    assert (paper.title, paper.signer, paper.agency) == (scenes.decision().subject, "Trần Văn Minh", "CT-SKHCN")
    assert list(queries.papers_of("sharing.request", "YC-2026-0001")) == [paper]
    assert not queries.papers_of("sharing.request", "YC-2026-0002").exists()
    entry = Entry.objects.get(action="documents.paper.issued")
    assert (entry.object_code, entry.agency) == (paper.code, "CT-SKHCN")
    assert entry.details["sha256"] == paper.content_sha256
    assert entry.details["of"] == "sharing.request YC-2026-0001"


def test_content_changed_in_the_database_is_noticed(minh):
    paper = scenes.paper(minh)
    paper.content["letter"]["subject"] = "Về việc khác"
    paper.save()
    with pytest.raises(Unavailable, match="không khớp"):
        queries.issued(queries.paper(paper.code))


def test_the_token_cannot_be_guessed_and_can_be_read_off_paper(minh):
    tokens = {scenes.paper(minh).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch("[a-z2-7]{26}", one) for one in tokens)
    one = tokens.pop()
    assert queries.paper_by_token(f" {one.upper()} ").token == one
    with pytest.raises(NotFound, match="mã xác minh"):
        queries.paper_by_token("a" * 26)


def test_a_paper_signed_elsewhere_is_tied_to_its_case_and_has_nothing_to_draw(minh):
    paper = register_paper(
        actor=minh, at=scenes.AT, kind="QĐ", number="9/QĐ-UBND", signed_on=date(2026, 3, 1), agency="CT-UBND",
        title="x",
        object_type="sharing.request", object_code="YC-2026-0001",
    )  # fmt: skip
    assert list(queries.papers_of("sharing.request", "YC-2026-0001")) == [paper]
    assert (paper.issued_here, paper.token, paper.standing) == (False, None, "issued")
    with pytest.raises(NotFound, match="ngoài nền tảng"):
        queries.issued(paper)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "XX"}),
        ("signed_on", {"signed_on": date(2026, 11, 4)}),
        ("subject", {"subject": " "}),
        ("subject", {"subject": "a" * 501}),
        ("basis", {"basis": ("", "\u200e")}),
        ("articles", {"articles": ("Điều 1.",)}),
        ("body", {"articles": ("a" * 400_000,)}),
        ("signer", {"signer": Signer(title="", name="Trần Văn Minh")}),
        ("signer", {"signer": Signer(title="GIÁM ĐỐC", name="")}),
        ("issuer", {"issuer": scenes.issuer(sign="Sở KHCN")}),
        ("issuer", {"issuer": scenes.issuer(place="")}),
        ("table", {"table": Table(head=("a", "b"), rows=(("1",),))}),
        ("table", {"table": Table(head=(), rows=())}),
        ("table", {"table": Table(head=("a",), rows=(("1",),) * 2001)}),
    ],
)
def test_a_letter_that_lacks_something_is_refused_by_name_and_draws_no_number(minh, field, changes):
    with pytest.raises(Invalid) as refused:
        scenes.paper(minh, scenes.decision(**changes))
    assert field in refused.value.fields
    assert refused.value.hint
    assert not NumberRegister.objects.exists()


def test_a_letter_needs_to_be_sent_to_somebody_and_to_say_something(minh):
    with pytest.raises(Invalid) as refused:
        scenes.paper(minh, scenes.official_letter(recipients=(), body=()), unit_sign="cntt")
    assert set(refused.value.fields) == {"recipients", "body", "issuer"}


def test_typed_text_is_tidied_and_nothing_else_is_changed(minh):
    articles = ("Điều 5: Một\r\nhai\x0bba\u2028bốn\x00\x07", "  ", "Ho\u0300a \u202egiả\u202c\tb")
    letter = queries.issued(scenes.paper(minh, scenes.decision(articles=articles))).letter
    assert letter.articles == ("Một\nhai\nba\nbốn", "Hòa giả b")
    assert content.paragraphs("một\r\n\r\n hai \x0bba") == ("một", "hai", "ba")


def test_a_paper_is_withdrawn_or_replaced_once(minh):
    first, second = scenes.paper(minh), scenes.paper(minh)
    later = scenes.AT + timedelta(days=1)
    assert (
        withdraw_paper(actor=minh, at=later, paper=first, reason="Sai tên", replaced_by=second).standing == "replaced"
    )
    assert withdraw_paper(actor=minh, at=later, paper=second, reason="Hủy").standing == "withdrawn"
    with pytest.raises(RuleBroken, match="đã được thu hồi"):
        withdraw_paper(actor=minh, at=later, paper=first, reason="Lần nữa")
    entry = Entry.objects.filter(action="documents.paper.withdrawn").first()
    assert (entry.object_code, entry.details["reason"], entry.details["by"]) == (first.code, "Sai tên", second.code)


def test_a_paper_is_not_withdrawn_without_a_reason_nor_replaced_by_itself(minh):
    paper = scenes.paper(minh)
    with pytest.raises(Invalid):
        withdraw_paper(actor=minh, at=scenes.AT, paper=paper, reason=" ")
    with pytest.raises(Invalid, match="chính nó"):
        withdraw_paper(actor=minh, at=scenes.AT, paper=paper, reason="Hủy", replaced_by=paper)
