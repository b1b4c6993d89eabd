"""The rest of Chapter III in one step of the walk: an agreement, both ways outside, a dispute, an announced stop.

Each deed looks first whether it is done, by its own page or list, so that a walk that was cut off goes on.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from nganam.demo.browser import Person, StepFailed
from nganam.demo.sharing_story import FACILITIES, declare, publish
from nganam.demo.story import Story, expect
from nganam.kernel.clock import local_date

TABLE, FIELDS = "co-so-kham-chua-benh", ["ma_co_so", "ten_co_so", "loai", "ma_xa", "so_giuong"]
SPECIAL: dict[str, Any] = {
    **FACILITIES,
    "name": "Đồng bộ cơ sở khám bệnh, chữa bệnh theo thỏa thuận",
    "name_en": "Health facilities by agreement",
    "form": "special",
}
ASKED = {
    "wanted": "Danh sách cơ sở khám chữa bệnh kèm số giường, cập nhật hằng ngày.",
    "fields_asked": ["ma_co_so", "ten_co_so", "so_giuong"],
    "purpose": "Phân tuyến y tế trường học khi có sự việc khẩn tại trường.",
    "why": "Dịch vụ mặc định không cho nhận số giường hằng ngày.",
    "solution": "Phần mềm y tế trường học nhận mỗi đêm; chỉ cán bộ trực xem.",
    "frequency": None,
}
REVIEW = {
    "needs": "Trường cần biết cơ sở gần nhất còn nhận bệnh.",
    "regulations": "Luật Khám bệnh, chữa bệnh; Luật Dữ liệu.",
    "conditions": "Chỉ dùng khi có tình huống khẩn; không chuyển cho bên thứ ba.",
    "tasks": "Sở Y tế mở dịch vụ; Sở Giáo dục và Đào tạo phân quyền cán bộ trực.",
}
TEXT = {
    "parties": "Bên cung cấp: Sở Y tế\nBên khai thác: Sở Giáo dục và Đào tạo",
    "data_content": "Mã, tên, số giường của cơ sở khám chữa bệnh.",
    "places": "Kho dữ liệu dùng chung; phần mềm y tế trường học.",
    "term": "Hai năm kể từ ngày có hiệu lực.",
    "method": "Gọi qua LGSP mỗi đêm.",
    "processing": "Chỉ nạp vào bảng tra cứu của phần mềm y tế trường học.",
    "limits": "Chỉ dùng khi có tình huống khẩn.",
    "commitment": "Mỗi bên cử một đầu mối, báo nhau trong ngày khi có sự cố.",
    "security": "Tài khoản ứng dụng riêng, khóa đổi mỗi sáu tháng.",
    "storage": "Lưu tối đa 30 ngày; không tạo dữ liệu phái sinh.",
    "deletion": "Xóa bảng tra cứu, lập biên bản có hai bên ký.",
    "other": "Không có.",
    "fields_agreed": ASKED["fields_asked"],
    "note": "Bản đầu",
}
FROM_OUTSIDE = {
    "requester": "BO-YT",
    "channel": "document",
    "document_number": "1234/BYT-CNTT",
    "application_code": "HSSK",
    "application_name": "Hồ sơ sức khỏe điện tử",
    "purpose": "Đối chiếu cơ sở khám chữa bệnh trong hồ sơ sức khỏe.",
    "solution": "Gọi dịch vụ theo mã cơ sở, không lưu kết quả.",
    "items": ["ma_co_so", "ten_co_so"],
    "frequency": "Hằng ngày",
}
TO_OUTSIDE = {
    "provider": "BO-YT",
    "service_name": "Danh mục cơ sở tiêm chủng toàn quốc",
    "application": "TSDC",
    "purpose": "Kiểm tra nơi tiêm chủng khi tuyển sinh đầu cấp.",
    "solution": "Phần mềm tuyển sinh gọi theo mã cơ sở, không lưu kết quả.",
    "items_text": "Mã cơ sở\nTên cơ sở",
    "frequency": "Theo từng hồ sơ phát sinh",
    "basis": "Điều 9 Quy chế của tỉnh",
}
ACCEPTED = {
    "provider": "BO-YT",
    "form": "default",
    "catalogue": "Có trong danh mục dịch vụ của Bộ Y tế.",
    "legal_basis": "Điều 9 Quy chế của tỉnh",
    "duplicate": "Chưa có kết nối nào của tỉnh tới dịch vụ này.",
}
DISPUTE = {
    "respondent": "CT-SYT",
    "kind": "quality",
    "summary": "Số giường của một cơ sở khác nhau giữa hai lần nhận",
    "content": "Hai lần nhận trong một ngày cho hai số giường khác nhau của cùng một cơ sở.",
    "wish": "Đề nghị đối chiếu với sổ của cơ sở và thống nhất nguồn.",
}


def chapter_three(story: Story) -> None:
    """Walk a special agreement into force, both ways outside, a dispute to its settlement, a stop to its notice."""
    agreement = story.once("agreement", lambda: _agreement(story))
    story.tell("Phúc, Lan", f"soạn chung và ký thỏa thuận đặc thù {agreement}: có hiệu lực")
    story.once("ministry", lambda: _ministry(story.person("minh")))
    inbound = story.once("inbound", lambda: _inbound(story))
    outbound = story.once("outbound", lambda: _outbound(story))
    story.tell("Minh, Lan, Phúc", f"Bộ Y tế được cấp tài khoản ({inbound}); đề xuất {outbound} đã gửi Bộ Y tế")
    dispute = story.once("dispute", lambda: _dispute(story))
    story.tell("Phúc, Lan", f"{dispute} được giải quyết ở cấp 1; thời hạn thi hành đang chạy")
    stop = story.once("stop", lambda: _stop(story))
    story.tell("Lan", f"thông báo trước đợt bảo trì {stop}; người dân thấy ở /tam-ngung/")


def _day(days: int = 0) -> str:
    return local_date(datetime.now(UTC) + timedelta(days=days)).isoformat()


def _found(person: Person, path: str, prefix: str) -> str:
    """Return the code of the case of a kind that a list shows already, "" when there is none."""
    found = re.search(rf"{prefix}-\d{{4}}-\d{{4}}", person.open(path).text)
    return found[0] if found else ""


def _made(page_path: str) -> str:
    return page_path.rstrip("/").rsplit("/", 1)[-1]


# -- SM2 --


def _agreement(story: Story) -> str:
    phuc, lan = story.person("phuc"), story.person("lan")
    service = story.once("special_service", lambda: declare(lan, TABLE, SPECIAL, FIELDS, ["ma_co_so"]))
    story.once("special_published", lambda: publish(story, lan, service))
    code = _found(phuc, "/thoa-thuan/", "TN") or _ask(phuc, service)
    here = f"/thoa-thuan/{code}/"
    phuc.press(here, "/buoc/submit/")
    lan.press(here, "/buoc/confirm_special/", {"reason": "Cần số giường hằng ngày, dịch vụ mặc định không đáp ứng."})
    lan.press(here, "/buoc/review/", REVIEW)
    if "Cùng soạn" in phuc.open(here).text and "Bản số 1" not in phuc.open(here).text:
        phuc.submit(f"{here}soan-thao/", values={**TEXT, "valid_until": _day(730)})
    lan.press(here, "/buoc/agree/")
    for person, signer in ((phuc, "Giám đốc Sở Giáo dục và Đào tạo"), (lan, "Giám đốc Sở Y tế")):
        _sign(person, here, signer)
    expect(lan.open(here), "Có hiệu lực")
    return code


def _ask(phuc: Person, service: str) -> str:
    path = f"/thoa-thuan/moi/?dich-vu={service}"
    choices = phuc.open(path).form("").choices["application"]
    application = next(value for value, label in choices.items() if "Tuyển sinh" in label or "TSDC" in label)
    return _made(phuc.submit(path, values={**ASKED, "application": application}).path)


def _sign(person: Person, here: str, signer: str) -> None:
    if f"{here}ky/" in person.open(here).response.text:
        values = {"signer": f"Lãnh đạo, {signer}", "position": "Giám đốc", "confirmed": "on"}
        person.submit(f"{here}ky/", values=values)


# -- SM3 --


def _ministry(minh: Person) -> str:
    """Enter the ministry as an agency outside the province, unless it is there."""
    path = "/ngoai-tinh/co-quan/"
    if "Bộ Y tế" not in minh.open(path).text:
        minh.submit(path, values={"code": "BO-YT", "name": "Bộ Y tế", "kind": "central", "valid_from": "2020-01-01"})
    return "BO-YT"


def _inbound(story: Story) -> str:
    minh, lan, service = story.person("minh"), story.person("lan"), story.kept["other_service"]
    code = _found(minh, "/ngoai-tinh/den/", "DT")
    if not code:
        path = f"/ngoai-tinh/den/moi/?service={service}&provider="
        values = {**FROM_OUTSIDE, "document_on": _day(-1), "received_on": _day()}
        code = _made(minh.submit(path, values=values).path)
    here = f"/ngoai-tinh/den/{code}/"
    lan.press(here, "/buoc/owner_agrees/")
    minh.press(here, "/buoc/lead_agrees/")
    lan.press(here, "/buoc/grant/", {"granted": ["ma_co_so", "ten_co_so"]})
    expect(lan.open(here), "TK-")
    return code


def _outbound(story: Story) -> str:
    phuc, minh = story.person("phuc"), story.person("minh")
    code = _found(phuc, "/ngoai-tinh/di/", "NT")
    if not code:
        code = _made(phuc.submit("/ngoai-tinh/di/moi/", values=TO_OUTSIDE).path)
    here = f"/ngoai-tinh/di/{code}/"
    phuc.press(here, "/buoc/propose/")
    minh.press(here, "/buoc/accept/", ACCEPTED)
    minh.press(here, "/buoc/send/", {"channel": "document", "sent_on": _day()})
    return code


# -- SM4 --


def _dispute(story: Story) -> str:
    phuc, lan = story.person("phuc"), story.person("lan")
    code = _found(phuc, "/vuong-mac/", "VM") or _made(phuc.submit("/vuong-mac/moi/", values=DISPUTE).path)
    here = f"/vuong-mac/{code}/"
    settled = {
        "reason": "Đối chiếu với sổ của cơ sở, sửa tại nguồn và ghi một nguồn duy nhất.",
        "outcome": "for",
        "obliged": "respondent",
        "carry_out_by": _day(15),
    }
    lan.press(here, "/buoc/resolve/", settled)
    expect(phuc.open(here), "Thi hành kết quả giải quyết")
    return code


# -- SM11 --


def _stop(story: Story) -> str:
    """Announce a stop of the service by agreement: those that the walk calls stay as they are."""
    lan, path = story.person("lan"), "/tam-ngung/quan-ly/"
    begin = datetime.now(UTC) + timedelta(days=40)
    if not _found(lan, path, "BT"):
        values = {
            "services": [story.kept["special_service"]],
            "ground": "maintenance",
            "work": "Nâng cấp máy chủ cơ sở dữ liệu của Sở Y tế.",
            "planned_from": f"{begin:%Y-%m-%d}T22:00",
            "planned_until": f"{begin + timedelta(days=1):%Y-%m-%d}T04:00",
            "announce": "on",
        }
        lan.submit(f"{path}dich-vu/moi/", values=values)
    code = _found(lan, path, "BT")
    if not code:
        raise StepFailed(f"{path}: không thấy đợt tạm ngừng vừa thông báo")
    expect(story.visitor().open("/tam-ngung/"), str(SPECIAL["name"]))
    return code
