"""The warehouse's pages in a browser: nothing blocked, nothing inaccessible, nothing wider than the screen."""

import csv
import io
from datetime import UTC, datetime

import pytest

SETTLE = 400
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
COLUMNS = [
    {"name": "ma_co_so", "title": "Mã cơ sở", "key": True},
    {"name": "ten_co_so", "title": "Tên cơ sở", "required": True},
    {"name": "so_giuong", "title": "Số giường", "type": "integer", "unit": "giường"},
    {"name": "ngay", "title": "Ngày hoạt động", "type": "date"},
]
PATHS = [
    "/kho/", "/kho/nguon/moi/", "/kho/nguon/NG-2026-0001/", "/kho/nguon/NG-2026-0001/sua/",
    "/kho/nguon/NG-2026-0002/", "/kho/nguon/NG-2026-0002/sua/",
    "/kho/bang/moi/?nguon=NG-2026-0001", "/kho/bang/moi/", "/kho/co-so/", "/kho/co-so/sua/", "/kho/co-so/nap/",
    "/kho/nap/{load}/", "/kho/nap/{load}/doc-lai/", "/kho/co-so/phien-ban/2/", "/kho/co-so/phien-ban/1/?so-voi=2",
    "/kho/co-so/phien-ban/1/tep/", "/kho/co-so/dong/?version=1&column=so_giuong&value=80", "/ra-quet/",
    "/ra-quet/", "/kho/co-so/hop-dong/", "/kho/co-so/hop-dong/sua/", "/kho/co-so/hop-dong/nhap/",
    "/kho/nap/{stopped}/", "/kho/nap/{stopped}/chap-nhan-sai-khac/",
]  # fmt: skip


RULES = [
    {"name": "Có giường", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 60", "severity": "error"},
    {"name": "Số dòng ổn định", "kind": "rows", "limit": "10", "severity": "warning"},
]


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([[one["name"] for one in COLUMNS], *rows])
    return text.getvalue().encode()


@pytest.fixture
def warehouse(live, province, lan):
    """Two versions of a table, some rows rejected, then a load stopped by a rule; the codes of the last two loads."""
    from nganam.kernel.actors import system
    from nganam.scanning import operations as scanning
    from nganam.warehouse import agreeing, loading, operations, queries

    table = operations.declare_table(
        actor=lan, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở khám bệnh, chữa bệnh", columns=COLUMNS,
        description="Cơ sở khám chữa bệnh bảo hiểm y tế trên địa bàn.",
    )  # fmt: skip
    rows = [[f"{at:05d}", f"Trạm y tế phường {at}", str(at * 40), "15/03/2004"] for at in range(1, 30)]
    changed = [[*rows[0][:2], "55", rows[0][3]], *rows[2:], ["99999", "Bệnh viện mới", "1.200", ""]]
    bad = [
        ["00400", "Chưa có số liệu", "..", "-"],
        ["00003", "Trùng", "", ""],
        ["x", "", "mười", "31/02/2015"],
        ["thiếu ô"],
    ]
    codes = []
    for content in (as_csv(rows), as_csv([*changed, *bad]), as_csv(rows[:20])):
        if len(codes) == 2:  # the rules come with the third file
            fresh = queries.table("co-so")
            agreeing.change_terms(actor=lan, at=AT, table=fresh, rules=RULES, terms={"contact": "yte@tinh.vn"})
            table = queries.table("co-so")
        upload = operations.Upload("danh-sach-co-so.csv", [content])
        code = operations.start_load(actor=lan, at=AT, table=table, upload=upload).code
        codes.append(code)
        loading.run_load(actor=system("worker"), now=lambda: AT, code=code)
    _tried_source(lan)
    _erasures(lan)
    scanning.scan(
        actor=lan,
        at=AT,
        object_type="warehouse.table",
        object_code="co-so",
        columns=queries.sample_columns(queries.table("co-so")),
    )
    return {"load": codes[1], "stopped": codes[2]}


def _erasures(lan):
    """One that is done, and one that waits."""
    from dataclasses import replace

    from nganam.kernel.actors import system
    from nganam.warehouse import erasing, loading, queries

    for value in ("00007", "00008"):
        made = erasing.propose(
            actor=lan, at=AT, table=queries.table("co-so"), column="ma_co_so", values=[value], basis="court",
            paper="12/2026/HS-ST", paper_on=AT.date(), reason="Bản án đã có hiệu lực",
        )  # fmt: skip
        if value == "00007":
            code = erasing.confirm(actor=replace(lan, code="hoa", name="Trần Hoa"), at=AT, erasure=made).code
            loading.run_load(actor=system("worker"), now=lambda: AT, code=code)


def _tried_source(lan):
    from nganam.warehouse import places, sourcing, trying
    from nganam.warehouse.connecting import Entered

    places.sources().mkdir(parents=True, exist_ok=True)
    rows = [["ma", "ho_ten", "so_giuong"], ["00123", "Nguyễn Văn An", "1.250"], ["00124", "Trần Thị Bình", "10"]]
    text = "\n".join(",".join(row) for row in rows)
    (places.sources() / "nguon-thu.csv").write_text(text, encoding="utf-8")
    source = sourcing.declare_source(
        actor=lan, at=AT, agency="CT-SYT", kind="file", name="Danh sách nhân sự", secret_ref="nguon-thu.csv"
    )
    trying.try_source(actor=lan, at=AT, source=source)
    entered = Entered("203.0.114.5", 5432, "his", "kho_doc", "Hoa-Sen-2026")
    sourcing.declare_source(
        actor=lan, at=AT, agency="CT-SYT", kind="postgresql", name="HIS", relation="co_so", entered=entered
    )


@pytest.fixture
def lans_page(browser_page, live, warehouse, client):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username="lan"))
    cookie = client.cookies["sessionid"].value
    browser_page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
    return browser_page


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(lans_page, live, warehouse, axe, path):
    answer = lans_page.goto(live + path.format(**warehouse))
    assert answer.status == 200
    lans_page.wait_for_timeout(SETTLE)
    for more in lans_page.locator("details.twin > summary").all():
        more.click()
    assert lans_page.said == []
    assert axe(lans_page) == []
    assert lans_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_load_under_way_turns_into_its_result_by_itself(lans_page, live, warehouse, run_jobs, tmp_path):
    file = tmp_path / "moi.csv"
    file.write_bytes(as_csv([["00001", "Một dòng", "100", ""]]))
    lans_page.goto(f"{live}/kho/co-so/nap/")
    lans_page.set_input_files("input[type=file]", str(file))
    lans_page.get_by_role("button", name="Nạp tệp này").click()
    lans_page.wait_for_selector("#luot-nap[hx-trigger]")
    run_jobs()
    lans_page.wait_for_selector("#luot-nap:not([hx-trigger])")
    assert "Đã tạo phiên bản 4" in lans_page.content()  # 3 is what the erasure left


@pytest.fixture
def running(warehouse, lan):
    """A load of which a process says how far it is; the value is the function that says it."""
    from datetime import timedelta

    from django.utils import timezone

    from nganam.warehouse import operations, places, progress, queries
    from nganam.warehouse.models import Load

    upload = operations.Upload("moi.csv", [as_csv([["00001", "Một dòng", "100", ""]])])
    code = operations.start_load(actor=lan, at=AT, table=queries.table("co-so"), upload=upload).code
    Load.objects.filter(code=code).update(state="checking", started_at=AT)
    load = Load.objects.get(code=code)
    places.work(code).mkdir(parents=True)

    def say(step, done=0, whole=0, unit="", *, ago=timedelta()):
        clock = [timezone.now() - ago - timedelta(seconds=1)]
        teller = progress.Teller(places.progress(load), now=lambda: clock[0], steps=tuple(progress.STEPS))
        teller.begin(step, whole=whole, unit=unit)
        clock[0] += timedelta(seconds=1)
        teller.move(done, read=1_234_567)

    return load, say


@pytest.mark.parametrize("page", ["load", "table"])
def test_how_far_a_load_is_moves_on_the_page_by_itself(look, seen, browser_page, running, page):
    from datetime import timedelta

    load, say = running
    say("read", 1_234_567, 2_000_000, "estimate")
    look("lan", load.get_absolute_url() if page == "load" else "/kho/co-so/", f"progress-{page}")
    assert "1.234.567" in browser_page.locator(".progress").inner_text()
    say("check")
    browser_page.wait_for_selector("text=Kiểm tra từng dòng")
    seen(browser_page, f"progress-{page}-check")
    say("write", ago=timedelta(minutes=9))
    browser_page.wait_for_selector("text=worker sẽ làm lại")
    seen(browser_page, f"progress-{page}-stale")
    assert browser_page.said == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_a_connection_is_entered_without_script_and_its_password_is_not_shown(lans_page, live, seen, size):
    lans_page.set_viewport_size({"width": size[0], "height": size[1]})
    lans_page.goto(f"{live}/kho/nguon/NG-2026-0002/sua/")
    assert lans_page.locator("[name=password]").input_value() == ""
    lans_page.locator("[name=server]").fill("203.0.114.6")
    lans_page.get_by_role("button", name="Lưu khai báo").click()
    lans_page.get_by_text("nhập lại mật khẩu").first.wait_for()
    seen(lans_page, "source_refused")
    lans_page.locator("[name=password]").fill("Hoa-Sen-2027")
    lans_page.get_by_role("button", name="Lưu khai báo").click()
    lans_page.get_by_text("Đã đặt lúc").wait_for()
    assert "Hoa-Sen" not in lans_page.content()
    seen(lans_page, "source_entered")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_a_file_asked_for_can_be_downloaded_as_soon_as_it_is_made(lans_page, live, seen, run_jobs, size):
    lans_page.set_viewport_size({"width": size[0], "height": size[1]})
    lans_page.goto(f"{live}/kho/co-so/dong/?version=1&column=so_giuong&value=80")
    seen(lans_page, "rows")
    lans_page.goto(f"{live}/kho/co-so/phien-ban/1/")
    lans_page.get_by_role("link", name="Tạo tệp để tải về").click()
    lans_page.get_by_label("Dạng tệp").select_option("csv_excel")
    lans_page.get_by_label("Lọc theo cột").first.select_option("so_giuong")
    lans_page.get_by_label("Giá trị đúng bằng").first.fill("80")
    seen(lans_page, "ask-file")
    lans_page.get_by_role("button", name="Tạo tệp").click()
    lans_page.wait_for_selector("#tep[hx-trigger]")
    seen(lans_page, "file-under-way")
    run_jobs()
    lans_page.wait_for_selector("#tep:not([hx-trigger])")
    seen(lans_page, "file-ready")
    with lans_page.expect_download() as coming:
        lans_page.get_by_role("link", name="Tải về").click()
    assert coming.value.suggested_filename == "Cơ sở khám bệnh, chữa bệnh v1.csv"
    assert "00002" in coming.value.path().read_text(encoding="utf-8-sig")
    lans_page.goto(f"{live}/kho/co-so/phien-ban/1/#tep")
    seen(lans_page, "version-with-file")
    assert lans_page.said == []


@pytest.fixture
def stopped(warehouse, lan):
    """A load that stopped for a secret, then admitted, and one more that stopped; the value is the codes by name."""
    from nganam.kernel.actors import system
    from nganam.warehouse import loading, operations, queries

    def load(text):
        upload = operations.Upload("moi.csv", [as_csv([["00001", text, "1", ""], ["00002", "", "1", ""]])])
        code = operations.start_load(actor=lan, at=AT, table=queries.table("co-so"), upload=upload).code
        return loading.run_load(actor=system("worker"), now=lambda: AT, code=code)

    secret = load("postgresql://lan:bi-mat-1@10.0.0.5/yte")
    again = operations.admit_findings(
        actor=lan, at=AT, load=secret, reason="Chuỗi mẫu trong hướng dẫn, không dùng nữa."
    )
    loading.run_load(actor=system("worker"), now=lambda: AT, code=again.code)
    return {"bi-chan": f"/kho/nap/{load('Mật khẩu: Yte@2026').code}/", "bang": "/kho/co-so/",
            "dong-bi-loai": f"/kho/nap/{again.code}/"}  # fmt: skip


@pytest.mark.parametrize("name", ["bi-chan", "dong-bi-loai", "bang"])
def test_what_a_scan_stopped_and_what_is_mended_can_be_read(look, seen, browser_page, stopped, name):
    look("lan", stopped[name], f"kho-{name}")
    for more in browser_page.locator("details.twin > summary").all():
        more.click()
    seen(browser_page, f"kho-{name}-mo")


@pytest.mark.parametrize(("name", "path"), [("form", "/kho/co-so/de-nghi-xoa/"), ("done", "/kho/xoa/XDL-2026-0001/"),
                                            ("waits", "/kho/xoa/XDL-2026-0002/")])  # fmt: skip
def test_erasures_can_be_looked_at(look, warehouse, name, path):
    look("lan", path, f"kho-xoa-{name}")


def test_an_api_as_a_source_can_be_looked_at(look, warehouse, lan):
    from nganam.warehouse import apis

    said = apis.Said("https://203.0.114.5/api/co-so", params=(("loai", "BV"),), paging="page", param="trang",
                     auth="header", auth_name="X-Api-Key", secret="Hoa-Sen-2026")  # fmt: skip
    made = apis.declare_api(actor=lan, at=AT, agency="CT-SYT", name="API cơ sở y tế", said=said)
    look("lan", made.get_absolute_url(), "kho-api")
    look("lan", f"{made.get_absolute_url()}api/", "kho-api-sua")
