"""The appraisal (S14.1): findings and remarks line by line, what the platform knows beside them, a paper."""

from dataclasses import replace
from datetime import date

import pytest

import scenes
import scenes_services
from nganam.cases import parties
from nganam.cases.queries import last_move
from nganam.catalogue.models import SharedDatabase
from nganam.documents.models import Paper
from nganam.kernel.actors import Role
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.law.articles import article
from nganam.notices.queries import inbox
from nganam.scanning.models import Scan
from nganam.services import checklist
from nganam.services.evidence import evidence_of, is_doubtful
from nganam.services.models import Appraisal
from nganam.services.policies import open_appraisal
from scenes_services import findings, move

pytestmark = pytest.mark.django_db


def facts(service):
    return evidence_of(service, open_appraisal(service))


@pytest.mark.law("S14.1", "D22", "D24.3")
def test_every_line_of_the_checklist_rests_on_an_article_and_speaks_both_languages():
    assert set(checklist.CODES) == {
        "structure", "answers", "security", "regulation", "secrecy", "personal", "gateway",
    }  # fmt: skip
    for line in checklist.LINES:
        assert article(line.article).summary
        assert line.vi != line.en
        assert line.ask_vi != line.ask_en


@pytest.mark.law("S14.1", "S27.3")
def test_the_start_scans_a_sample_and_what_was_found_lies_with_the_appraisal(province):
    service = scenes_services.appraising()
    appraisal = open_appraisal(service)
    assert appraisal.appraiser == "minh"
    assert appraisal.evidence["scan"]["version"] == 1
    assert Scan.objects.get(object_code=service.table.code).agency == "CT-SYT"
    assert "không thấy dấu mật" in facts(service)["secrecy"][0].text


@pytest.mark.law("S14.1")
def test_passing_needs_a_finding_on_every_line(province, minh):
    service = scenes_services.appraising()
    with pytest.raises(RuleBroken, match="Chưa ghi kết quả"):
        move(minh, service, "pass")
    sheet = findings()
    del sheet["gateway"], sheet["gateway_remark"]
    service = move(minh, service, "assess", **sheet)
    with pytest.raises(RuleBroken, match="LGSP"):
        move(minh, service, "pass")
    service = move(minh, service, "assess", gateway="unmet", gateway_remark="Chưa nạp dữ liệu")
    with pytest.raises(RuleBroken, match="Chưa đạt các mục"):
        move(minh, service, "pass")
    service = move(minh, service, "assess", gateway="not_asked", gateway_remark="Không qua kho")
    assert move(minh, service, "pass").state == "passed"


@pytest.mark.law("S14.1")
def test_passing_goes_out_as_a_paper_with_a_number_and_keeps_what_was_seen(province, lan):
    service = scenes_services.passed()
    appraisal = Appraisal.objects.get()
    paper = Paper.objects.get()
    assert (paper.kind, paper.agency, paper.signed_on) == ("TB", "CT-SKHCN", date(2026, 11, 3))
    assert appraisal.number == paper.number == last_move(service).paper
    assert (appraisal.outcome, appraisal.decided_at) == ("passed", scenes.AT)
    assert appraisal.findings.count() == len(checklist.CODES)
    assert set(appraisal.evidence["lines"]) == set(checklist.CODES)
    assert any("Đạt thẩm định" in notice.title for notice in inbox(lan))


@pytest.mark.law("S14.1")
def test_a_return_names_each_line_with_its_reason_in_a_letter(province, lan, minh):
    service = scenes_services.appraising()
    with pytest.raises(RuleBroken):
        move(minh, service, "return")
    unmet = findings(structure="unmet", structure_remark="Thiếu mô tả mục tin", security="unmet")
    service = move(minh, service, "assess", **unmet)
    service = move(minh, service, "return", conclusion="Gửi lại trước ngày 10/11.")
    assert service.state == "returned"
    said = last_move(service).reason
    assert said.splitlines() == [
        "Cấu trúc, tiêu chuẩn: Thiếu mô tả mục tin", "An toàn thông tin: Đã xem.", "Gửi lại trước ngày 10/11.",
    ]  # fmt: skip
    assert Paper.objects.get().kind == "CV"
    assert any("Thiếu mô tả mục tin" in notice.body for notice in inbox(lan))
    again = scenes_services.appraising(scenes_services.submitted(service))
    assert open_appraisal(again).findings.count() == 0, "a new round begins with an empty sheet"
    assert again.appraisals.count() == 2


def test_a_refused_decision_draws_no_number(province, minh):
    service = scenes_services.appraising()
    with pytest.raises(RuleBroken):
        move(minh, service, "pass")
    assert not Paper.objects.exists()


@pytest.mark.parametrize(
    ("sheet", "blamed"),
    [
        ({}, "structure"),
        ({"structure": "tốt"}, "structure"),
        ({"security": "unmet"}, "security_remark"),
        ({"structure_remark": "chỉ có ý kiến"}, "structure"),
        ({"regulation": "met"}, "regulation_remark"),
    ],
)
def test_a_sheet_that_says_too_little_is_refused(province, minh, sheet, blamed):
    service = scenes_services.appraising()
    with pytest.raises(Invalid) as refused:
        move(minh, service, "assess", **sheet)
    assert blamed in refused.value.fields
    assert open_appraisal(service).findings.count() == 0


@pytest.mark.law("S14.1")
def test_only_the_lead_agency_appraises_and_who_declared_or_handed_in_never_does(province, lan, minh, phuc):
    service = scenes_services.submitted()
    for actor in (lan, phuc):
        with pytest.raises(NotAllowed):
            move(actor, service, "appraise")
    disguised = replace(lan, agency="CT-SKHCN", roles=frozenset({Role.LEAD}))
    with pytest.raises(NotAllowed, match="không được tự thẩm định"):
        move(disguised, service, "appraise")
    assert parties.steps_for(disguised, service) == []


# -- what the platform knows --


def database(**values):
    from nganam.agencies.models import Agency
    from nganam.cases import operations as cases

    owner = Agency.objects.get(code="CT-SYT")
    return cases.open_case(SharedDatabase(owner=owner, name="CSDL y tế", **values), actor=scenes.LAN, at=scenes.AT)


def over(found):
    table = scenes.loaded_table()
    table.database = found
    table.save()
    return scenes_services.appraising(scenes_services.submitted(scenes.declared_service(table)))


@pytest.mark.law("D22")
@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "chưa có quy chế"), ({"regulation_number": "12/QC-SYT"}, "chưa có địa chỉ công bố")],
)
def test_a_database_without_a_published_usage_regulation_does_not_pass(province, minh, values, words):
    service = over(database(**values))
    assert is_doubtful(facts(service)["regulation"])
    service = move(minh, service, "assess", **findings())
    with pytest.raises(RuleBroken, match=words) as refused:
        move(minh, service, "pass")
    assert refused.value.article == "D22"


@pytest.mark.law("D22")
def test_the_usage_regulation_is_shown_from_the_catalogue_s_entry(province, minh):
    found = database(
        regulation_number="12/QC-SYT", regulation_on=date(2026, 1, 5), regulation_link="https://syt.invalid/12",
        usage_term="Trực tuyến: ngay sau khi truy xuất.", log_months=24,
    )  # fmt: skip
    service = over(found)
    told = " ".join(one.text for one in facts(service)["regulation"])
    assert "12/QC-SYT" in told
    assert "05/01/2026" in told
    assert not is_doubtful(facts(service)["regulation"])
    service = move(minh, service, "assess", **findings())
    assert move(minh, service, "pass").state == "passed"


@pytest.mark.law("S1.2", "S27.3")
def test_a_secrecy_mark_in_the_data_stops_the_appraisal_and_the_police_are_told(province, minh, hoa):
    table = scenes.table()
    stopped = scenes.load(table, [("00123", "TÀI LIỆU MẬT", "TUYỆT MẬT", "", "1")])
    assert stopped.fault == "scan_secret"
    scenes.load_admitted(stopped)  # what the owner lets into the warehouse is not yet let out
    service = scenes_services.appraising(scenes_services.submitted(scenes.declared_service(table)))
    assert facts(service)["secrecy"][0].tone == "bad"
    service = move(minh, service, "assess", **findings())
    with pytest.raises(RuleBroken, match="bí mật nhà nước") as refused:
        move(minh, service, "pass")
    assert refused.value.article == "S27.3"
    assert any("bí mật" in notice.title for notice in inbox(hoa))


@pytest.mark.law("S27.3")
def test_data_loaded_since_the_scan_are_scanned_again_before_passing(province, minh):
    service = move(minh, scenes_services.appraising(), "assess", **findings())
    scenes.load(service.table, [("00300", "Trạm y tế Phường 9", "Trạm y tế", "0299000009", "5")])
    with pytest.raises(RuleBroken, match="rà quét lại"):
        move(minh, service, "pass")
    service = move(minh, service, "scan")
    assert open_appraisal(service).evidence["scan"]["version"] == 2
    assert move(minh, service, "pass").state == "passed"


@pytest.mark.law("S4")
def test_personal_data_nobody_marked_is_shown_to_the_appraiser(province):
    columns = [{**one, "personal": False} for one in scenes.COLUMNS]
    columns[1] = {"name": "ho_ten", "title": "Họ tên", "required": True}
    table = scenes.table(columns=columns)
    names = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Văn Cường", "Phạm Thị Dung", "Thạch Sơn", "Lý Thị Hoa")
    scenes.load(table, [(f"{n:05}", name, "x", "", "1") for n, name in enumerate(names)])
    from nganam.services import operations

    service = operations.declare_service(
        actor=scenes.LAN, at=scenes.AT, source=table, field_names=["ma_co_so", "ho_ten"], values=scenes.DESCRIPTION
    )
    service = scenes_services.appraising(scenes_services.submitted(service))
    assert [one.tone for one in facts(service)["personal"]] == ["good", "bad"]
    assert "ho_ten" in facts(service)["personal"][1].text


@pytest.mark.law("S14.2")
def test_a_table_without_data_is_no_fit_for_the_lgsp_yet(province):
    service = scenes_services.appraising(scenes_services.submitted(scenes.declared_service(scenes.table())))
    assert [one.tone for one in facts(service)["gateway"]] == ["bad"]


def test_an_appraisal_that_nobody_began_cannot_be_written_into(province, minh):
    service = scenes_services.submitted()
    type(service).objects.update(state="appraising")
    service.refresh_from_db()
    with pytest.raises(Invalid):
        move(minh, service, "assess", **findings())
    with pytest.raises(RuleBroken):
        move(minh, service, "pass")


def test_a_stale_sheet_is_told_who_was_first(province, minh):
    service = scenes_services.appraising()
    seen = service.version
    service = move(minh, service, "assess", **findings(), version=seen)
    other = replace(minh, code="tam", name="Lê Thị Tâm")
    with pytest.raises(StateMoved, match="Trần Văn Minh"):
        move(other, service, "assess", **findings(structure="unmet"), version=seen)


def test_an_unknown_service_is_not_found(province, minh):
    with pytest.raises(NotFound):
        parties.find_for(minh, "services.service", "DV-2026-9999")
