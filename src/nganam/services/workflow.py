"""SM6 in two tables: a service on its way to publication, and a new version of one that is published (S14, D24-D26).

A published service goes on as it is while a new version of its description is appraised; the version takes its place
when it comes into force.
"""

from nganam.kernel.machine import Guard, Machine, State, Transition

COMPLETE = Guard("complete", "Đủ nội dung khoản 3 Điều 24", "The content of D24.3 is complete", "D24.3")
APPRAISAL_GUARDS = (
    Guard("all_met", "Mọi mục của phiếu thẩm định đều đạt", "Every line of the appraisal is met", "S14.1"),
    Guard("some_unmet", "Có mục chưa đạt, kèm ý kiến", "Some line is not met, with a remark", "S14.1"),
    Guard("regulation", "Cơ sở dữ liệu có quy chế khai thác đã công khai",
          "The database has a published usage regulation", "D22"),
    Guard("scanned", "Đã rà quét dữ liệu hiện hành, không có dấu hiệu bí mật nhà nước",
          "The current data were scanned and carry no secrecy mark", "S27.3"),
)  # fmt: skip


def appraisal() -> tuple[Transition, ...]:
    """Return the moves of an appraisal, the same for a service and for a new version."""
    return (
        Transition(
            "submit", ("draft", "returned"), "submitted", "provider", "Gửi thẩm định", "Submit for appraisal", "S14.1",
            starts=("appraisal",), guards=("complete",),
        ),
        Transition(
            "appraise", ("submitted",), "appraising", "lead", "Bắt đầu thẩm định", "Start the appraisal", "S14.1"
        ),
        Transition(
            "assess", ("appraising",), "appraising", "lead", "Ghi phiếu thẩm định", "Record the findings", "S14.1"
        ),
        Transition(
            "pass", ("appraising",), "passed", "lead", "Đạt thẩm định", "Pass", "S14.1",
            stops=("appraisal",), guards=("all_met", "regulation", "scanned"), papers=("TB",),
        ),
        Transition(
            "return", ("appraising",), "returned", "lead", "Trả lại để bổ sung", "Return for completion", "S14.1",
            stops=("appraisal",), guards=("some_unmet",), papers=("CV",),
        ),
        Transition(
            "scan", ("appraising",), "appraising", "lead", "Rà quét lại mẫu dữ liệu", "Scan a sample again", "S27.3"
        ),
    )  # fmt: skip


SERVICE = Machine(
    code="services.service",
    vi="Dịch vụ chia sẻ dữ liệu",
    en="Data-sharing service",
    initial="draft",
    states=(
        State("draft", "Nháp", "Draft"),
        State("submitted", "Đã gửi thẩm định", "Submitted for appraisal"),
        State("appraising", "Đang thẩm định", "Under appraisal"),
        State("returned", "Trả lại", "Returned"),
        State("passed", "Đạt thẩm định", "Passed appraisal"),
        State("deploying", "Triển khai trên LGSP", "Being put on the LGSP"),
        State("testing", "Kiểm thử", "Being tested"),
        State("ready", "Sẵn sàng kết nối", "Ready to connect"),
        State("published", "Đã công khai", "Published", rest=True),
        State("suspended", "Tạm ngừng", "Suspended", rest=True),
        State("ended", "Ngừng cung cấp", "Ended", final=True),
        State("abandoned", "Đã bỏ bản khai", "Abandoned", final=True),
    ),
    guards=(COMPLETE, *APPRAISAL_GUARDS),
    transitions=(
        *appraisal(),
        Transition(
            "deploy", ("passed",), "deploying", "operator", "Triển khai lên LGSP", "Put on the LGSP", "S14.2",
            starts=("lgsp_deploy",),
        ),
        Transition("start_test", ("deploying",), "testing", "operator", "Bắt đầu kiểm thử", "Start the test", "S14.2"),
        Transition(
            "mark_ready", ("testing",), "ready", "operator", "Xác nhận sẵn sàng kết nối", "Mark ready to connect",
            "S14.2", starts=("svc_publish",), stops=("lgsp_deploy",),
        ),
        Transition(
            "fail_test", ("testing",), "deploying", "operator", "Kiểm thử chưa đạt, triển khai lại",
            "The test failed, deploy again", "S14.2", needs=("reason",),
        ),
        Transition(
            "send_back", ("passed", "deploying", "testing", "ready"), "returned", "operator", "Trả lại để sửa bản khai",
            "Send back for a change of the description", "S14.2", needs=("reason",),
            stops=("lgsp_deploy", "svc_publish"), side=True,
        ),
        Transition(
            "publish", ("ready",), "published", "provider", "Công khai dịch vụ", "Publish", "D25.1",
            stops=("svc_publish",),
        ),
        Transition(
            "list_nationally", ("published",), "published", "provider/operator",
            "Ghi nhận đã đăng trên hệ thống quốc gia", "Record the entry in the national register", "D26",
        ),
        Transition("suspend", ("published",), "suspended", "system", "Tạm ngừng", "Suspend", "D43", needs=("reason",)),
        Transition("resume", ("suspended",), "published", "system", "Khôi phục", "Resume", "D43"),
        Transition(
            "end", ("published", "suspended"), "ended", "provider/system", "Ngừng cung cấp", "End", "D44",
            needs=("reason",), papers=("TB",),
        ),
        Transition(
            "abandon", ("draft", "returned", "passed", "deploying", "testing", "ready"), "abandoned", "provider/system",
            "Bỏ bản khai", "Abandon the description", needs=("reason",), stops=("lgsp_deploy", "svc_publish"),
            side=True,
        ),
    ),
)  # fmt: skip

REVISION = Machine(
    code="services.revision",
    vi="Phiên bản dịch vụ chia sẻ dữ liệu",
    en="Version of a data-sharing service",
    initial="draft",
    states=(
        State("draft", "Nháp", "Draft"),
        State("submitted", "Đã gửi thẩm định", "Submitted for appraisal"),
        State("appraising", "Đang thẩm định", "Under appraisal"),
        State("returned", "Trả lại", "Returned"),
        State("passed", "Đạt thẩm định", "Passed appraisal"),
        State("announced", "Đã báo trước, chờ áp dụng", "Announced, not yet in force"),
        State("in_force", "Đang áp dụng", "In force", rest=True),
        State("superseded", "Đã được thay thế", "Superseded", final=True),
        State("abandoned", "Đã bỏ", "Abandoned", final=True),
    ),
    guards=(
        COMPLETE,
        *APPRAISAL_GUARDS,
        Guard("minor", "Không có thay đổi làm hỏng kết nối đang dùng", "Nothing changes that breaks users", "D25.2"),
        Guard("due", "Đã đến ngày hẹn áp dụng", "The announced day has come", idle=True),
    ),
    transitions=(
        *appraisal(),
        Transition(
            "first", ("draft",), "in_force", "system", "Công khai lần đầu", "First published", "D25.1"
        ),
        Transition(
            "apply", ("draft",), "in_force", "provider", "Áp dụng ngay", "Apply at once", "D25.2",
            guards=("complete", "minor"),
        ),
        Transition(
            "announce", ("passed",), "announced", "provider", "Báo trước và hẹn ngày áp dụng",
            "Announce the day it comes into force", "D25.2",
        ),
        Transition(
            "take_effect", ("announced",), "in_force", "provider/system", "Đưa vào áp dụng", "Bring into force",
            "D25.2", guards=("due",),
        ),
        Transition(
            "supersede", ("in_force",), "superseded", "system", "Thay bằng phiên bản sau", "Replaced by the next one",
            "D25.2",
        ),
        Transition(
            "abandon", ("draft", "returned", "passed", "announced"), "abandoned", "provider", "Bỏ phiên bản",
            "Abandon the version", needs=("reason",), side=True,
        ),
        Transition(
            "lapse", ("draft", "submitted", "appraising", "returned", "passed", "announced"), "abandoned", "system",
            "Bỏ vì dịch vụ ngừng cung cấp", "Dropped because the service ended", "D44", stops=("appraisal",),
        ),
    ),
)  # fmt: skip
