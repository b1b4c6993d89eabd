"""A version comes from a file: codes as text, every faulty line named, nothing half taken."""

import io

import pytest
import xlsxwriter
from django.db.models import QuerySet

from nganam.audit.models import Entry
from nganam.codelists import operations
from nganam.codelists.models import CodeEntry, CodeList, CodeListVersion
from nganam.codelists.reading import circling, read
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken

pytestmark = pytest.mark.django_db


def workbook(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write_string(at, place, value) if isinstance(value, str) else sheet.write(at, place, value)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffMã;Tên;Tên tiếng Anh;Mã cha;Cấp\n007;Bảy;Seven;;1\n0071;Bảy mốt;;007;2\n".encode(),
        workbook(
            [
                ("Mã", "Tên", "Tên tiếng Anh", "Mã cha", "Cấp"),
                ("007", "Bảy", "Seven", "", 1),
                ("0071", "Bảy mốt", "", "007", 2),
            ]
        ),
    ],
    ids=["csv", "xlsx"],
)
def test_codes_keep_their_zeros_and_further_columns_stay_with_them(declare, bring, content):
    declare()
    made = bring(content, publish=False, name="loai")
    assert list(made.entries.values_list("code", "name", "name_en", "parent")) == [
        ("007", "Bảy", "Seven", ""), ("0071", "Bảy mốt", "", "007"),
    ]  # fmt: skip
    assert [str(one.extra["cap"]).removesuffix(".0") for one in made.entries.all()] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("ma,ten\n01,Một\n01,Hai\n", "Dòng 3: mã “01” đã có ở dòng 2"),
        ("ma,ten\n,Một\n", "Dòng 2: thiếu mã"),
        ("ma,ten\n01,\n", "Dòng 2: thiếu tên"),
        ("ma,ten\n0 1,Một\n", "Dòng 2: mã “0 1” có dấu cách"),
        ("ma,ten,ma_cha\n01,Một,09\n", "Dòng 2: mã cha “09” không có trong tệp"),
        ("ma,ten,ma_cha\n01,Một,02\n02,Hai,01\n", "Dòng 2: mã “01” là cha của chính mình"),
        ("ma,ten,ma_cu\n01,Một,99\n", "Dòng 2: mã cũ “99” không có trong phiên bản"),
        ("ma,ten\n01,=HYPERLINK()\n", "Dòng 2: có ô bắt đầu bằng ="),
        ("ma,nhãn\n01,Một\n", "thiếu cột: ten"),
        ("ma,ten\n", "chỉ có tiêu đề"),
        ("", "rỗng"),
        ('ma,ten\n01,"Một\n', "dấu ngoặc kép không đóng"),
        ("ma,ten\n01,Một\n".encode("utf-16"), "không phải UTF-8 (dòng 1)"),
        (workbook([("ma", "ten"), (1, "Một")]), "Dòng 2: ô mã là số nên số 0 ở đầu có thể đã mất"),
        (b"PK\x03\x04hong", "Không đọc được tệp bảng tính"),
    ],
)
def test_a_faulty_file_is_refused_by_line_and_nothing_of_it_stays(declare, bring, content, words):
    declare()
    with pytest.raises(Invalid) as error:
        bring(content)
    assert words in " ".join(error.value.fields["file"])
    assert not CodeListVersion.objects.exists()
    assert not CodeEntry.objects.exists()


def test_many_faults_are_told_together(declare, bring):
    declare()
    with pytest.raises(Invalid) as error:
        bring("ma,ten\n" + "x y,\n" * 30)
    assert len(error.value.fields["file"]) == 21
    assert error.value.fields["file"][-1].startswith("… và ")


def test_one_draft_at_a_time_and_a_withdrawn_one_is_on_record(declare, bring, minh, at):
    declare()
    draft = bring("ma,ten\n01,Một\n", publish=False)
    with pytest.raises(RuleBroken, match="bản thảo 1"):
        bring("ma,ten\n01,Một\n")
    operations.withdraw_draft(actor=minh, at=at, version=draft)
    assert bring("ma,ten\n01,Một\n").number == 1
    actions = [one.action for one in Entry.objects.filter(action__startswith="codelists.version").order_by("seq")]
    assert [one.rpartition(".")[2] for one in actions] == ["imported", "withdrawn", "imported", "published"]


def test_only_the_owner_and_the_lead_agency_keep_a_list(declare, bring, lan, phuc, at):
    declare(agency="CT-SYT")
    with pytest.raises(NotFound):
        bring("ma,ten\n01,Một\n", actor=phuc)
    assert bring("ma,ten\n01,Một\n", actor=lan, publish=False).list.agency.code == "CT-SYT"
    with pytest.raises(NotAllowed):
        operations.declare_list(actor=phuc, at=at, agency="CT-SYT", code="khac", title="Khác", kind="local")


def test_a_list_that_is_not_local_names_its_paper(declare):
    with pytest.raises(Invalid) as error:
        declare(kind="national")
    assert "basis" in error.value.fields
    assert declare(kind="national", basis="QĐ 1").basis == "QĐ 1"
    with pytest.raises(Invalid) as error:
        declare()
    assert "code" in error.value.fields
    with pytest.raises(Invalid):
        declare(code="quan-ly")


def test_units_are_not_imported_a_second_time(units, bring):
    with pytest.raises(RuleBroken, match="sổ đơn vị hành chính"):
        bring("ma,ten\n01,Một\n", code="xa-phuong")


class Counted(dict):
    """Parents that count how often one is asked for."""

    asked = 0

    def get(self, *one):
        self.asked += 1
        return super().get(*one)


def test_a_long_chain_of_parents_is_walked_once_and_only_a_circle_is_blamed():
    chain = Counted({str(n): str(n + 1) for n in range(5_000)} | {"5000": ""})
    assert circling(chain) == set()
    assert chain.asked == len(chain)
    with pytest.raises(Invalid) as caught:
        read(b"ma,ten,ma_cha\n1,A,2\n2,B,3\n3,C,4\n4,D,3\n5,E,5\n6,F,\n", "vong.csv")
    assert [text.split(":")[0] for text in caught.value.fields["file"]] == ["Dòng 4", "Dòng 5", "Dòng 6"]


def test_a_code_that_somebody_declares_at_the_same_time_is_refused_at_its_field(declare, monkeypatch):
    declare()
    with pytest.raises(Invalid) as seen:
        declare()
    monkeypatch.setattr(QuerySet, "exists", lambda self: False)  # the other one commits right after the look
    with pytest.raises(Invalid) as caught:
        declare()
    monkeypatch.undo()
    assert caught.value.fields == seen.value.fields == {"code": ["Mã danh mục đã dùng; chọn mã khác."]}
    assert (CodeList.objects.count(), Entry.objects.filter(action="codelists.list.declared").count()) == (1, 1)
