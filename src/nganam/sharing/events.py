"""Audit actions of the room."""

from nganam.audit import registry
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.agreements.workflow import AGREEMENT, JOINING
from nganam.sharing.outside.workflow import INBOUND, OUTBOUND
from nganam.sharing.requests.workflow import REQUEST
from nganam.sharing.suspensions.workflow import BREACH, MAINTENANCE, TERMINATION

registry.register_machine(REQUEST)
registry.register_machine(ACCOUNT)
registry.register_machine(INBOUND)
registry.register_machine(OUTBOUND)
registry.register_machine(MAINTENANCE)
registry.register_machine(BREACH)
registry.register_machine(TERMINATION)
registry.register_machine(AGREEMENT)
registry.register_machine(JOINING)
registry.register(
    registry.Action(
        "sharing.account.amended", "Đổi tài khoản theo thỏa thuận sửa đổi", "Changed an account as amended"
    ),
    registry.Action("sharing.agreement.edited", "Sửa nháp yêu cầu đặc thù", "Edited a draft request for special data"),
    registry.Action(
        "sharing.agreement.sent_to_authority",
        "Gửi thỏa thuận cho cơ quan có thẩm quyền",
        "Sent the agreement to an authority",
    ),
    registry.Action("sharing.application.registered", "Đăng ký ứng dụng", "Registered an application"),
    registry.Action("sharing.application.edited", "Sửa thông tin ứng dụng", "Edited an application"),
    registry.Action("sharing.test_credential.issued", "Cấp khóa thử nghiệm", "Issued a test credential"),
    registry.Action("sharing.test_credential.revoked", "Thu hồi khóa thử nghiệm", "Revoked a test credential"),
    registry.Action("sharing.request.edited", "Sửa yêu cầu nháp", "Edited a draft request"),
    registry.Action("sharing.inbound.edited", "Sửa nội dung yêu cầu ngoài tỉnh", "Edited a request from outside"),
    registry.Action("sharing.outbound.edited", "Sửa đề xuất ngoài tỉnh", "Edited a proposal to use outside data"),
    registry.Action("sharing.external.listed", "Đưa dịch vụ ngoài tỉnh vào danh sách", "Listed an outside service"),
    registry.Action("sharing.external.changed", "Sửa thông tin dịch vụ ngoài tỉnh", "Changed an outside service"),
    registry.Action("sharing.external.removed", "Đưa dịch vụ ngoài tỉnh khỏi danh sách", "Removed an outside service"),
    registry.Action("sharing.maintenance.edited", "Sửa kế hoạch tạm ngừng", "Edited a planned stop"),
    registry.Action("sharing.delegation.recorded", "Ghi nhận ủy quyền cấp tài khoản", "Recorded a delegation"),
    registry.Action("sharing.delegation.ended", "Kết thúc ủy quyền cấp tài khoản", "Ended a delegation"),
)
