"""A step of the walk: an agency's own system pushes records through the gateway and reads its receipt."""

import re
from typing import Any

import httpx

from nganam.demo.browser import Person, StepFailed, patiently, wait_for
from nganam.demo.contracts import Contract, ContractColumn
from nganam.demo.opening import declare_table
from nganam.demo.sharing_story import token_of
from nganam.demo.story import Story, expect

TABLE = Contract(
    code="ket-qua-tuyen-sinh",
    title="Kết quả tuyển sinh đầu cấp (phần mềm tuyển sinh đẩy tới)",
    title_en="Admissions, pushed by the admission system",
    agency="CT-SGDDT",
    description="Số chỗ và số học sinh đã nhận của từng trường; dữ liệu mẫu.",
    description_en="Places and admitted pupils by school; made up.",
    unit="",
    time="",
    open=False,
    source={},
    columns=(
        ContractColumn("ma_truong", "Mã trường", "School code", "text", required=True, key=True),
        ContractColumn("ten_truong", "Tên trường", "School", "text", required=True),
        ContractColumn("chi_tieu", "Chỉ tiêu", "Places", "integer"),
        ContractColumn("da_nhan", "Đã nhận", "Admitted", "integer"),
    ),
)
RECORDS: list[dict[str, Any]] = [
    {"ma_truong": "TH-0001", "ten_truong": "Trường Tiểu học mẫu số 1", "chi_tieu": 120, "da_nhan": 118},
    {"ma_truong": "TH-0002", "ten_truong": "Trường Tiểu học mẫu số 2", "chi_tieu": 90, "da_nhan": None},
    {"ma_truong": "TH-0003", "ten_truong": "Trường Tiểu học mẫu số 3", "chi_tieu": "nhiều", "da_nhan": 61},
]
"""The last one is wrong on purpose."""
KEY = "day-thu-tinh-mau-0001"


def push(story: Story) -> None:
    """Open a table to an application of its owner, push three records, read what became of them."""
    phuc = story.person("phuc")
    path = story.once("table_pushed", lambda: declare_table(phuc, TABLE))
    story.once("push_right", lambda: _open(phuc, path))
    url = f"{story.addresses['gateway']}/r1/VN/GOV/CT-SGDDT/KHO/{story.kept['push_right']}"
    token = token_of(story, story.kept["credential"])
    receipt = wait_for("cửa đẩy dữ liệu trên LGSP", lambda: _push(url, token), seconds=10)
    again = _push(url, token)
    if again is None or again["receipt"] != receipt["receipt"]:
        raise StepFailed("gửi lại cùng mã lần đẩy không nhận lại biên nhận cũ")
    told = wait_for("biên nhận", lambda: _settled(f"{url}/{receipt['receipt']}", token), seconds=40, every=0.5)
    if (told["state"], told["accepted"], told["rejected"]) != ("loaded", 2, 1):
        raise StepFailed(f"biên nhận nói {told}")
    expect(phuc.open(f"{path}day-du-lieu/"), "TSDC", "Đã tạo phiên bản")
    story.tell("TSDC", f"đẩy {len(RECORDS)} bản ghi qua LGSP: biên nhận {told['receipt'][:8]}… báo nhận 2, loại 1")


def _open(phuc: Person, path: str) -> str:
    """Let the application push, unless the page shows that it may; return the door's code."""
    page = phuc.open(f"{path}day-du-lieu/")
    if "Đang mở" not in page.text:
        choices = page.form("").choices["application"]
        application = next(value for value, label in choices.items() if "TSDC" in label)
        said = {"application": application, "reason": "Phần mềm tuyển sinh gửi kết quả mỗi khi có thay đổi."}
        page = phuc.submit(f"{path}day-du-lieu/", values=said)
    found = re.search(r"KHO/(DAY-[a-z0-9-]+)", page.text)
    if not found:
        raise StepFailed(f"{path}day-du-lieu/: không thấy địa chỉ để đẩy dữ liệu")
    return found[1]


def _push(url: str, token: str) -> dict[str, Any] | None:
    """Push once, however often it is sent: the key says that it is the same."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}
    answer = patiently(lambda: httpx.post(url, json=RECORDS, headers=headers, timeout=10))
    return answer.json() if answer.status_code in {httpx.codes.OK, httpx.codes.ACCEPTED} else None


def _settled(url: str, token: str) -> dict[str, Any] | None:
    answer = patiently(lambda: httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10))
    told = answer.json() if answer.status_code == httpx.codes.OK else {}
    return told if told.get("state") in {"loaded", "unchanged", "failed"} else None
