"""The papers of an appraisal say what was found; ``golden/`` holds them as last agreed (``NGANAM_GOLDEN=write``)."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

import scenes_letters
from nganam.documents.letters import Signer, content, pdf
from nganam.documents.letters.checking import check
from nganam.law.articles import article
from nganam.services import letters

GOLDEN = Path(__file__).with_name("golden")
ON = date(2026, 11, 3)
MET = [(line, "met", "") for line in ("structure", "answers", "security", "regulation", "secrecy", "personal")]
THING = letters.Appraised(
    code="DV-2026-0001", name="Tra cứu cơ sở khám chữa bệnh", provider="Sở Y tế thành phố Cần Thơ", handed_in=ON,
    version=False, findings=[*MET, ("gateway", "not_asked", "Không qua kho")], conclusion="Dịch vụ đáp ứng yêu cầu.",
)  # fmt: skip
WANTING = letters.Appraised(
    code="PB-2026-0002", name="Tra cứu cơ sở khám chữa bệnh", provider="Sở Y tế thành phố Cần Thơ", handed_in=ON,
    version=True, findings=[*MET, ("gateway", "unmet", "Khóa tra cứu không phải khóa của bảng")],
)  # fmt: skip
HEAD = {"issuer": scenes_letters.issuer(), "signer": Signer(title="GIÁM ĐỐC", name="Trần Văn Minh"), "on": ON}
CITED = article("S14.2").citation_vi
LETTERS = {
    "dat-tham-dinh": letters.passed_letter(THING, **HEAD),
    "tra-lai": letters.returned_letter(WANTING, **HEAD),
}


@pytest.mark.law("S14.1")
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_of_the_appraisal_says_what_was_agreed(name):
    check(content.tidied(LETTERS[name]), unit_sign="", today=ON)
    said = json.dumps(content.frozen(scenes_letters.issued(LETTERS[name], "01/TB-SKHCN")), ensure_ascii=False, indent=1)
    path = GOLDEN / f"{name}.json"
    if os.environ.get("NGANAM_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(said + "\n", encoding="utf-8")
    assert said + "\n" == path.read_text(encoding="utf-8")


def test_a_return_lists_only_what_is_not_met():
    table = LETTERS["tra-lai"].table
    assert [row[1:4] for row in table.rows] == [("Phù hợp với LGSP", CITED, "Chưa đạt")]


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_of_the_appraisal_is_drawn(name):
    assert pdf.render(scenes_letters.issued(LETTERS[name], "01/TB-SKHCN")).startswith(b"%PDF")
