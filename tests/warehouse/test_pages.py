"""Lan works with the warehouse through its pages; others see nothing of hers."""

import re
import socket
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override

from nganam.face.telling import retold
from nganam.notices.models import Notice
from nganam.warehouse import operations, queries
from nganam.warehouse.models import Load, Source, Table

from .conftest import AT, COLUMNS, LAN, ROWS, as_csv


@pytest.fixture
def sign_in(agencies):
    from nganam.accounts.models import Person

    def as_person(username):
        client = Client(enforce_csrf_checks=False)
        client.force_login(Person.objects.get(username=username))
        return client

    return as_person


@pytest.fixture
def lan_at_work(sign_in):
    return sign_in("lan")


def file(content, name="co-so.csv"):
    return SimpleUploadedFile(name, content)


PAGES = ["/kho/", "/kho/nguon/moi/", "/kho/bang/moi/", "/kho/co-so-kham-chua-benh/", "/kho/co-so-kham-chua-benh/nap/",
         "/kho/co-so-kham-chua-benh/sua/"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_for_lan_and_sends_dung_to_sign_in(lan_at_work, facilities, client, path):
    answer = lan_at_work.get(path)
    assert answer.status_code == 200
    assert "<title>" in answer.content.decode()
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES[3:])
def test_another_agency_finds_no_such_table(sign_in, facilities, path):
    assert sign_in("phuc").get(path).status_code == 404


def test_minh_sees_the_table_but_may_not_load_it(sign_in, facilities):
    page = sign_in("minh").get("/kho/co-so-kham-chua-benh/")
    assert page.status_code == 200
    assert "/nap/" not in page.content.decode().split("<main")[1]
    assert sign_in("minh").get("/kho/co-so-kham-chua-benh/nap/").status_code == 404


@pytest.mark.law("S12.1")
def test_lan_uploads_follows_the_load_and_sees_the_version(lan_at_work, facilities, run_jobs):
    rows = [*ROWS, ("00300", "", "99999", "x", "31/02/2015")]
    started = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(as_csv(rows))})
    assert started.status_code == 302
    address = started["Location"]
    waiting = lan_at_work.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    run_jobs()
    done = lan_at_work.get(address).content.decode()
    assert "hx-trigger" not in done.split("<main")[1]
    assert "http-equiv" not in done
    assert "Thiếu giá trị bắt buộc" in done
    assert "Không phải ngày hợp lệ" in done
    assert "Đã tạo phiên bản 1 với 3 dòng" in done
    fragment = lan_at_work.get(address, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip().startswith("<div")
    download = lan_at_work.get(f"{address}dong-bi-loai.csv")
    text = b"".join(download.streaming_content).decode()
    assert text.startswith("\ufeff")
    assert "00300" in text
    table = lan_at_work.get("/kho/co-so-kham-chua-benh/").content.decode()
    assert "00123" in table
    assert "Phiên bản 1" in table


def test_the_difference_between_versions_is_shown(lan_at_work, load, facilities):
    load(as_csv())
    load(as_csv([ROWS[0], (*ROWS[1][:3], "1.300", ROWS[1][4]), ("00999", "Bệnh viện mới", "31507", "5", "")]))
    page = lan_at_work.get("/kho/co-so-kham-chua-benh/phien-ban/2/").content.decode()
    assert re.search(r"<del>1\.250</del>\s*<ins>1\.300</ins>", page)
    assert "Bệnh viện mới" in page
    first = lan_at_work.get("/kho/co-so-kham-chua-benh/phien-ban/1/").content.decode()
    assert "phiên bản đầu tiên" in first
    assert lan_at_work.get("/kho/co-so-kham-chua-benh/phien-ban/9/").status_code == 404


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"%PDF-1.4", "PDF"), (b"ma_co_so\n1\n", "thiếu cột"), (b"", "rỗng"), (b"\xff\xfe\x00", "")],
)
def test_a_bad_file_comes_back_to_the_form_with_its_reason(lan_at_work, facilities, content, word):
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(content)})
    assert page.status_code == 422
    assert word in page.content.decode()
    assert not Load.objects.exists()


def test_a_busy_table_is_told_once_with_the_code_of_the_load_and_the_local_rule_last(lan_at_work, facilities):
    lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(as_csv())})
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(as_csv())}).content.decode()
    code = Load.objects.get().code
    assert page.count("chưa xong") == 1
    assert f"đang có lượt nạp {code} chưa xong. Chờ lượt đó xong" in page
    assert "tại một thời điểm. (Quy định nội bộ.)" in page
    assert f'href="/kho/nap/{code}/"' in page


def test_an_empty_file_is_refused_once_by_its_name(lan_at_work, facilities):
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(b"", "thang-11.csv")}).content.decode()
    assert page.count("“thang-11.csv” rỗng") == 1
    assert "Tập tin" not in page


def test_a_form_without_a_file_asks_for_one_in_our_words(lan_at_work, facilities):
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"sent": "1"}).content.decode()
    assert "Chọn tệp để tải lên." in page
    assert "Tập tin" not in page


def test_the_form_and_the_refusal_tell_one_limit(lan_at_work, facilities, settings):
    settings.NGANAM_UPLOAD_LIMIT = 2_000_000
    assert "Tối đa 2 MB." in lan_at_work.get("/kho/co-so-kham-chua-benh/nap/").content.decode()
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(b"a" * 3_000_000)}).content.decode()
    assert "lớn hơn mức cho phép 2 MB" in page


def test_records_that_leave_because_their_rows_were_rejected_are_warned_of(lan_at_work, load, facilities):
    load(as_csv())
    spoiled = [("00123", "Trạm y tế Phường 5", "KHONG-CO", "10", ""), ROWS[1], ("00999", "", "31507", "", "")]
    done = load(as_csv(spoiled))
    assert (done.state, done.lost, done.lost_keys) == ("committed", 1, ["00123"])
    page = lan_at_work.get(f"/kho/nap/{done.code}/").content.decode()
    assert "1 bản ghi của phiên bản trước không còn trong bảng vì dòng của nó bị loại" in page
    assert "<code>00123</code>" in page
    assert "00200" not in page.split("Khác phiên bản trước")[0].split("notice-warn")[1], "left out, not rejected"
    assert "notice-good" not in page, "no green beside the warning"
    notice = Notice.objects.latest("pk")
    assert "1 bản ghi của phiên bản trước không còn" in notice.body
    with override("en"):
        assert retold(notice.body).startswith("1 rows accepted, 2 rows rejected; 1 records")


def test_a_load_that_loses_nothing_stays_green(lan_at_work, load, facilities):
    load(as_csv())
    done = load(as_csv([*ROWS, ("00999", "", "31507", "", "")]))
    assert done.lost == 0
    load(as_csv([*ROWS[:2], ("00300", "Mới", "31507", "", "")]))
    page = lan_at_work.get(Load.objects.first().get_absolute_url()).content.decode()
    assert "notice-good" in page
    assert "không còn trong bảng" not in page


def test_an_upload_over_the_limit_never_fills_the_disk(lan_at_work, facilities, settings, data, tmp_path):
    settings.NGANAM_UPLOAD_LIMIT = 1_000_000
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    (tmp_path / "uploads").mkdir()
    page = lan_at_work.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(b"a" * 5 * 1024 * 1024)})
    assert page.status_code == 422
    assert "lớn hơn mức cho phép 1 MB" in page.content.decode()
    assert not [path for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_an_upload_without_its_token_is_refused(facilities):
    from nganam.accounts.models import Person

    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(username="lan"))
    assert client.post("/kho/co-so-kham-chua-benh/nap/", {"file": file(as_csv())}).status_code == 403
    assert client.post("/kho/bang/moi/", {"title": "x"}).status_code == 403
    assert not Load.objects.exists()


@pytest.mark.slow
def test_200_mb_are_refused_through_a_real_server_with_little_memory(facilities, live_server, data, settings):
    """The body is 200 MB; the process may grow by far less, and the answer is the page that says so."""
    import resource

    from nganam.accounts.models import Person

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(Person.objects.get(username="lan"))
    page = client.get("/kho/co-so-kham-chua-benh/nap/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    host, port = live_server.thread.host, live_server.thread.port
    head = (
        f'--xx\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        '--xx\r\nContent-Disposition: form-data; name="file"; filename="to.csv"\r\nContent-Type: text/csv\r\n\r\n'
    ).encode()
    tail = b"\r\n--xx--\r\n"
    size = 200 * 1024 * 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with socket.create_connection((host, port), timeout=120) as link:
        link.sendall(
            f"POST /kho/co-so-kham-chua-benh/nap/ HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\n"
            "Connection: close\r\nContent-Type: multipart/form-data; boundary=xx\r\n"
            f"Content-Length: {len(head) + size + len(tail)}\r\n\r\n".encode()
        )
        link.sendall(head)
        for _ in range(200):
            link.sendall(b"a" * 1024 * 1024)
        link.sendall(tail)
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert answer.startswith(b"HTTP/1.1 422"), answer[:200]
    assert "lớn hơn mức cho phép 100 MB".encode() in answer
    assert grown < 60
    time.sleep(0.1)
    assert not [path for path in data.rglob("*") if path.is_file() and path.suffix not in {".lock", ".sqlite3"}]


def test_lan_declares_a_source(lan_at_work, agencies):
    page = lan_at_work.post(
        "/kho/nguon/moi/", {"kind": "postgresql", "name": "HIS", "secret_ref": "postgresql://a:b@c/d", "relation": "x"}
    )
    assert "NGANAM_SOURCE_" in page.content.decode()
    done = lan_at_work.post(
        "/kho/nguon/moi/", {"kind": "postgresql", "name": "HIS", "secret_ref": "NGANAM_SOURCE_HIS", "relation": "co_so"}
    )
    assert done.status_code == 302
    assert Source.objects.get().name == "HIS"
    assert "HIS" in lan_at_work.get("/kho/").content.decode()


def formset(rows, **more):
    data = {"cot-TOTAL_FORMS": len(rows), "cot-INITIAL_FORMS": 0, "cot-MIN_NUM_FORMS": 0, "cot-MAX_NUM_FORMS": 300}
    for at, row in enumerate(rows):
        data |= {f"cot-{at}-{name}": value for name, value in row.items()}
    return data | more


def test_lan_declares_a_table_column_by_column(lan_at_work, agencies):
    rows = [
        {"title": "Mã trường", "name": "ma_truong", "type": "text", "key": "on"},
        {"title": "Số lớp", "name": "", "type": "integer", "unit": "lớp"},
        {"title": "", "name": "", "type": "text"},
    ]
    done = lan_at_work.post("/kho/bang/moi/", formset(rows, title="Trường học"))
    assert done.status_code == 302
    table = Table.objects.get()
    assert (table.code, table.shape.names, table.shape.key) == ("truong-hoc", ("ma_truong", "so_lop"), ("ma_truong",))
    assert table.shape.column("so_lop").unit == "lớp"


def test_lan_declares_a_table_by_yaml(lan_at_work, agencies):
    text = "- {name: ma, title: Mã, key: true}\n- {name: ngay, title: Ngày, type: date, minimum: '2000-01-01'}\n"
    assert lan_at_work.post("/kho/bang/moi/", formset([], title="Lịch", yaml=text)).status_code == 302
    assert Table.objects.get().shape.column("ngay").minimum == "2000-01-01"


@pytest.mark.parametrize("text", ["- {name: Mã}", "- {name: a, type: so}", "a: [", "[]"])
def test_a_wrong_yaml_comes_back_with_its_reason_and_text(lan_at_work, agencies, text):
    page = lan_at_work.post("/kho/bang/moi/", formset([], title="Lịch", yaml=text))
    assert page.status_code == 200
    assert "notice-bad" in page.content.decode()
    assert not Table.objects.exists()


def test_a_sample_file_fills_in_the_columns_without_keeping_it(lan_at_work, agencies, data):
    content = "DANH SÁCH\nMã trường;Tên trường;Năm học\n1;a;2026\n".encode()
    page = lan_at_work.post(
        "/kho/bang/moi/", formset([], title="Trường", detect="1", sample=file(content))
    ).content.decode()
    assert 'value="ma_truong"' in page
    assert 'value="Năm học"' in page
    assert 'value="Trường"' in page
    assert "notice-bad" not in page
    assert not [path for path in data.rglob("*") if path.is_file()]


def test_a_bad_sample_says_why(lan_at_work, agencies):
    page = lan_at_work.post("/kho/bang/moi/", formset([], title="Trường", detect="1", sample=file(b"%PDF-1")))
    assert "PDF" in page.content.decode()


def test_more_rows_keep_what_was_typed(lan_at_work, agencies):
    page = lan_at_work.post(
        "/kho/bang/moi/", formset([{"title": "A", "name": "a", "type": "date"}], title="T", more="1")
    )
    text = page.content.decode()
    assert 'name="cot-10-name"' in text
    assert 'value="date" selected' in text
    assert not Table.objects.exists()


def test_lan_changes_a_declaration_without_losing_what_the_form_does_not_show(lan_at_work, agencies):
    columns = [*COLUMNS[:-1], {**COLUMNS[-1], "minimum": "1990-01-01", "aliases": ["Ngày thành lập"]}]
    operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=columns)
    page = lan_at_work.get("/kho/co-so/sua/")
    fields = dict(re.findall(r'name="(cot-[^"]+)"[^>]*value="([^"]*)"', page.content.decode()))
    rows = page.context["columns"]
    data = {"title": "Cơ sở mới", "cot-TOTAL_FORMS": len(rows.forms), "cot-INITIAL_FORMS": fields["cot-INITIAL_FORMS"]}
    for one in rows:
        for name in one.fields:
            value = one[name].value()
            if value:
                data[f"{one.prefix}-{name}"] = value
    assert lan_at_work.post("/kho/co-so/sua/", data).status_code == 302
    table = queries.table("co-so")
    assert table.title == "Cơ sở mới"
    assert table.shape.column("ngay_hoat_dong").minimum == "1990-01-01"
    assert table.shape.column("ngay_hoat_dong").aliases == ("Ngày thành lập",)
    assert table.shape.key == ("ma_co_so",)


def test_a_cell_that_looks_like_a_formula_does_not_run_in_a_spreadsheet(lan_at_work, load):
    done = load(as_csv([*ROWS, ("=CMD()", "", "31498", "", "")]))
    text = b"".join(lan_at_work.get(f"/kho/nap/{done.code}/dong-bi-loai.csv").streaming_content).decode()
    assert "'=CMD()" in text


def test_pages_draw_in_english(lan_at_work, load):
    load(as_csv())
    assert lan_at_work.get("/en/kho/").status_code in {200, 404}
