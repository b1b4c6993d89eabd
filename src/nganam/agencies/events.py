"""Audit actions of the room. Details name codes and days; of people only the username is written."""

from nganam.agencies.workflow import FOCAL_POINT
from nganam.audit.registry import Action, register, register_machine

register_machine(FOCAL_POINT)
register(
    Action("agencies.agency.opened", "Ghi nhận cơ quan mới", "Recorded a new agency"),
    Action("agencies.agency.closed", "Ghi nhận cơ quan kết thúc", "Recorded the end of an agency"),
    Action("agencies.code.assigned", "Cấp mã định danh cơ quan", "Assigned an agency code"),
    Action("agencies.duty.assigned", "Ghi nhận nhiệm vụ theo quy chế", "Assigned a duty of the regulation"),
    Action("agencies.posting.named", "Phân công người dùng", "Named a posting"),
    Action("agencies.posting.ended", "Kết thúc phân công", "Ended a posting"),
    Action("agencies.imported", "Nhập danh sách cơ quan", "Imported agencies"),
    Action("agencies.focal_point.edited", "Sửa thông tin đầu mối", "Edited a focal point"),
    Action("agencies.focal_point.posted", "Ghi nhận đăng Cổng quốc gia", "Recorded national posting"),
    Action("agencies.acting.chosen", "Chọn cơ quan làm việc", "Chose the acting agency"),
)
