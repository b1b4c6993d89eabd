"""The second half of the walk: a service, a request, calls through the gateway, what was recorded."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from nganam.demo.browser import Person, StepFailed, patiently, wait_for
from nganam.demo.story import Story, expect
from nganam.kernel.clock import local_date

GRANTED = ["so_dinh_danh", "ho_ten", "ngay_sinh", "ma_xa"]
NOT_NEEDED = {
    "reason": "Tuyển sinh đầu cấp không cần địa chỉ chi tiết và số điện thoại.",
    "legal_basis": "Luật Bảo vệ dữ liệu cá nhân: chỉ xử lý dữ liệu cần cho mục đích đã nêu",
}
"""Why the demo grants a part only."""
ASKED = [*GRANTED, "dia_chi", "dien_thoai"]
REVOKED_WITHIN = 2.0
CITIZENS: dict[str, Any] = {
    "name": "Tra cứu thông tin công dân theo số định danh",
    "name_en": "Citizen look-up",
    "description": "Xác nhận thông tin công dân cho cơ quan nhà nước giải quyết thủ tục hành chính (dữ liệu mẫu).",
    "form": "default",
    "method": "query",
    "parameters": "Tra cứu theo số định danh; đọc từng trang lọc theo mã xã.",
    "technical_docs": "Tài liệu OpenAPI 3.1 tại trang công khai của dịch vụ.",
    "structure": "JSON UTF-8 theo danh sách mục tin; mã xã theo danh mục đơn vị hành chính hiện hành.",
    "capacity": "600 cuộc gọi mỗi phút cho mỗi ứng dụng, 24 giờ mỗi ngày.",
    "rate_per_minute": 600,
}
FACILITIES: dict[str, Any] = {
    **CITIZENS,
    "name": "Tra cứu cơ sở khám bệnh, chữa bệnh",
    "name_en": "Health facility look-up",
    "description": "Thông tin cơ sở khám chữa bệnh theo mã cơ sở hoặc địa bàn.",
    "parameters": "Tra cứu theo mã cơ sở; đọc từng trang lọc theo mã xã.",
}

LINES = ("structure", "answers", "security", "regulation", "secrecy", "personal", "gateway")
FINDINGS = dict.fromkeys(LINES, "met") | {f"{line}_remark": "Đã xem, không có vướng mắc." for line in LINES}
TEST = {"tester": "Trần Văn Minh", "calls": 12, "result": "Tra cứu và đọc trang đúng cấu trúc; khóa lạ trả lời 404."}


def service(story: Story) -> None:
    """Declare, appraise and publish two services."""
    hoa, lan = story.person("hoa"), story.person("lan")
    columns = ["so_dinh_danh", "ho_ten", "gioi_tinh", "ngay_sinh", "ma_xa", "dia_chi", "dien_thoai"]
    code = story.once("service", lambda: declare(hoa, "dan-cu", CITIZENS, columns, ["so_dinh_danh"]))
    story.once("service_published", lambda: publish(story, hoa, code))
    fields = ["ma_co_so", "ten_co_so", "loai", "ma_xa", "so_giuong"]
    other = story.once("other_service", lambda: declare(lan, "co-so-kham-chua-benh", FACILITIES, fields, ["ma_co_so"]))
    story.once("other_published", lambda: publish(story, lan, other))
    expect(story.visitor().open(f"/dich-vu/{code}/"), CITIZENS["name"])
    openapi = story.visitor().fetch(f"/dich-vu/{code}/openapi.json").json()
    if not openapi["openapi"].startswith("3.1"):
        raise StepFailed(f"/dich-vu/{code}/openapi.json không phải OpenAPI 3.1")
    story.tell("Hòa, Lan", f"khai báo {code}, {other}; Minh thẩm định; công khai trong thời hạn; có OpenAPI 3.1")


def declare(person: Person, table: str, values: dict[str, Any], columns: list[str], keys: list[str]) -> str:
    """Declare a service on a table, unless the list shows it; return its code."""
    found = re.search(r"(DV-\d{4}-\d{4}) " + re.escape(values["name"]), person.open("/dich-vu/quan-ly/").text)
    if found:
        return found[1]
    path = f"/dich-vu/khai-bao/?bang={table}"
    more = {"fields_offered": columns, "lookup_columns": keys, "filter_columns": ["ma_xa"]}
    return person.submit(path, values={**values, **more}).path.rstrip("/").rsplit("/", 1)[-1]


def publish(story: Story, provider: Person, code: str) -> str:
    """Take a declared service through appraisal to publication; return its page."""
    path, minh = f"/dich-vu/quan-ly/{code}/", story.person("minh")
    steps: tuple[tuple[Person, str, dict[str, Any]], ...] = (
        (provider, "submit", {}),
        (minh, "appraise", {}),
        (minh, "assess", FINDINGS),
        (minh, "pass", {}),
        (minh, "deploy", {}),
        (minh, "start_test", {}),
        (minh, "mark_ready", {**TEST, "tested_on": local_date(datetime.now(UTC)).isoformat()}),
        (provider, "publish", {}),
    )
    for person, step, values in steps:
        ending = f"/buoc/{step}/"
        if any(form.action.endswith(ending) for form in person.open(path).parsed.forms):
            person.submit(path, ending, values=values)
    return expect(provider.open(path), "Đã công khai").path


# -- request --


def request(story: Story) -> None:
    """Register an application, send the D35.2 form, grant some fields, take the credential."""
    phuc, hoa, code = story.person("phuc"), story.person("hoa"), story.kept["service"]
    story.once("application", lambda: _register(phuc))
    _try(phuc, code)
    story.tell("Phúc", f"gọi thử bản thử của {code} ngay trên trang, chưa cần yêu cầu; dịch vụ thật từ chối đúng lý do")
    asked = story.once("request", lambda: _draft(phuc, code))
    story.once("request_sent", lambda: phuc.press(f"/yeu-cau/{asked}/", "/buoc/send/"))
    expect(phuc.open(f"/yeu-cau/{asked}/"), "Đã tiếp nhận")
    story.tell("Phúc", f"gửi {asked} theo mẫu khoản 2 Điều 35; thời hạn trả lời bắt đầu chạy")
    grant = {"granted": GRANTED, **NOT_NEEDED}
    story.once("request_granted", lambda: hoa.press(f"/yeu-cau/{asked}/", "/buoc/grant/", grant))
    account = story.once("account", lambda: _account(phuc, asked))
    story.tell("Hòa", f"cấp {len(GRANTED)} trong {len(ASKED)} mục tin: tài khoản {account}")
    story.once("credential", lambda: _credential(phuc, account))
    story.tell("Phúc", "nhận khóa truy cập, hiện một lần")


def _register(phuc: Person) -> str:
    if "TSDC" in phuc.open("/ung-dung/").text:
        return "TSDC"
    phuc.submit("/ung-dung/", values={"code": "TSDC", "name": "Tuyển sinh đầu cấp"})
    return "TSDC"


def _try(phuc: Person, code: str) -> None:
    """Call the sandbox twin from the service's page; the service itself refuses and says where to ask."""
    path, said = f"/dich-vu/{code}/goi-thu/", {"cach": "trang", "limit": 2, "noi": "thu"}
    wait_for(f"bản thử của {code}", lambda: "x-nganam-sandbox" in phuc.submit(path, "/goi/", values=said).text, every=1)
    expect(phuc.submit(path, "/goi/", values=said | {"noi": "that"}), "HTTP 401", "không mở dữ liệu thật")


def _draft(phuc: Person, service_code: str) -> str:
    listed = re.search(r"YC-\d{4}-\d{4}", phuc.open("/yeu-cau/").text)
    if listed:
        return listed[0]
    path = f"/yeu-cau/moi/?dich-vu={service_code}"
    choices = phuc.open(path).form("").choices
    application = next(value for value, label in choices["application"].items() if "TSDC" in label)
    values = {
        "application": application,
        "purpose": "Xác nhận nơi cư trú và độ tuổi của học sinh khi tuyển sinh đầu cấp.",
        "solution": "Phần mềm tuyển sinh tra cứu theo số định danh khi nhận hồ sơ; không lưu ngoài hồ sơ.",
        "frequency": "Theo từng hồ sơ phát sinh",
        "fields_asked": ASKED,
    }
    return phuc.submit(path, values=values).path.rstrip("/").rsplit("/", 1)[-1]


def _account(phuc: Person, request_code: str) -> str:
    found = re.search(r"TK-\d{4}-\d{4}", phuc.open(f"/yeu-cau/{request_code}/").text)
    if not found:
        raise StepFailed(f"/yeu-cau/{request_code}/: không thấy mã tài khoản")
    return found[0]


def _credential(phuc: Person, account: str) -> dict[str, str]:
    page = phuc.submit(f"/tai-khoan-ket-noi/{account}/khoa/", "/cap/").response.text
    told = {name: re.search(rf'id="{place}">([^<]+)<', page) for name, place in PLACES.items()}
    if not all(told.values()):
        raise StepFailed(f"{account}: trang cấp khóa không hiện khóa")
    return {name: found[1].strip() for name, found in told.items() if found}


PLACES = {"client_id": "ma-khach", "client_secret": "ma-bi-mat"}


# -- calls --


def token_of(story: Story, credential: dict[str, str]) -> str:
    """Return a token for a credential of the story."""
    pair = (credential["client_id"], credential["client_secret"])
    form = {"grant_type": "client_credentials"}
    answer = patiently(lambda: httpx.post(f"{story.addresses['web']}/oauth2/token", data=form, auth=pair))
    if answer.status_code != httpx.codes.OK:
        raise StepFailed(f"/oauth2/token trả lời {answer.status_code}: {answer.text}")
    return str(answer.json()["access_token"])


def _service_url(story: Story, code: str, agency: str) -> str:
    return f"{story.addresses['gateway']}/r1/VN/GOV/{agency}/KHO/{code}"


def _call(url: str, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return patiently(lambda: httpx.get(url, headers=headers, timeout=10))


def call(story: Story) -> None:
    """Call the service as the application; be refused where it must be; see a revocation act."""
    story.person("hoa").press(f"/tai-khoan-ket-noi/{story.kept['account']}/", "/buoc/restore/")  # after a drill cut off
    token = token_of(story, story.kept["credential"])
    url = _service_url(story, story.kept["service"], "CT-CA")
    page = wait_for("dịch vụ trên LGSP", lambda: _good(_call(f"{url}/?limit=3", token)), seconds=10)
    record = page["data"][0]
    if sorted(record) != sorted(GRANTED):
        raise StepFailed(f"câu trả lời có các trường {sorted(record)}, phải là {sorted(GRANTED)}")
    one = _good(_call(f"{url}/{record['so_dinh_danh']}", token))
    if not one or one["data"] != record:
        raise StepFailed("tra cứu theo khóa không trả về đúng bản ghi")
    story.tell("TSDC", f"lấy mã truy cập, gọi qua Envoy: chỉ {len(GRANTED)} mục được cấp")
    other = _service_url(story, story.kept["other_service"], "CT-SYT")
    _refused(_call(url), 401, "không có mã")
    _refused(_call(other, token), 403, "dịch vụ khác")
    story.tell("TSDC", "không có mã: 401; dịch vụ khác: 403; đều là application/problem+json")
    _revocation(story, url, token)


def _good(answer: httpx.Response) -> dict[str, Any] | None:
    return answer.json() if answer.status_code == httpx.codes.OK else None


def _refused(answer: httpx.Response, status: int, case: str) -> None:
    kind = answer.headers.get("content-type", "")
    if answer.status_code != status or not kind.startswith("application/problem+json"):
        raise StepFailed(f"{case}: trả lời {answer.status_code} {kind}, phải là {status} problem+json")


def _revocation(story: Story, url: str, token: str) -> None:
    phuc, hoa, account = story.person("phuc"), story.person("hoa"), story.kept["account"]
    path = f"/tai-khoan-ket-noi/{account}/"
    hoa.submit(path, "/buoc/lock/", values={"reason": "Diễn tập thu hồi"})
    stopped = _until(lambda: not _good(_call(f"{url}/?limit=1", token)))
    hoa.submit(path, "/buoc/restore/")
    back = _until(lambda: _good(_call(f"{url}/?limit=1", token)))
    story.tell("Hòa", f"tạm khóa {account}: LGSP ngừng sau {stopped:.2f} giây; khôi phục sau {back:.2f} giây")
    spare = _credential(phuc, account)
    spare_token = token_of(story, spare)
    wait_for("khóa dự phòng", lambda: _good(_call(f"{url}/?limit=1", spare_token)), seconds=5)
    phuc.submit(f"{path}khoa/", f"/{spare['client_id']}/thu-hoi/")
    gone = _until(lambda: not _good(_call(f"{url}/?limit=1", spare_token)))
    story.tell("Phúc", f"thu hồi một khóa: mã truy cập của nó bị từ chối sau {gone:.2f} giây")


def _until(look: Any) -> float:
    began = time.monotonic()
    wait_for("thay đổi trên LGSP", look, seconds=REVOKED_WITHIN, every=0.02)
    return time.monotonic() - began


# -- what was recorded --


def record(story: Story) -> None:
    """See the calls in monitoring on both sides and in the public statistics; check the audit chain."""
    code = story.kept["service"]
    for username in ("phuc", "hoa"):
        _wait_shown(story.person(username), code)
    expect(story.visitor().open("/thong-ke/"), CITIZENS["name"])
    finding = story.person("minh").submit("/nhat-ky/", "/kiem-tra/")
    expect(finding, "nguyên vẹn")
    story.tell("Minh", "giám sát hai bên, thống kê công khai và chuỗi băm của nhật ký đều khớp")


def _wait_shown(person: Person, code: str) -> None:
    wait_for("giám sát", lambda: code in person.open("/giam-sat/").text, seconds=10)


def curl(story: Story) -> str:
    """Return commands that call the service with the credential of the demo."""
    held = story.kept["credential"]
    url = _service_url(story, story.kept["service"], "CT-CA")
    reader = "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])'"
    user = f"{held['client_id']}:{held['client_secret']}"
    return (
        f"  TOKEN=$(curl -s -u '{user}' -d grant_type=client_credentials \\\n"
        f"    {story.addresses['web']}/oauth2/token | {reader})\n"
        f"  curl -H \"Authorization: Bearer $TOKEN\" '{url}/?limit=3'"
    )
