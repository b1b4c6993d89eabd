"""The room's own sentences that are written down filled in, so that a reader of English is told them in English.

The longest first: a short one ("%(code)s: …") would take what a longer one says better.
"""

from nganam.sharing import erasures

SENTENCES = (
    erasures.BODY,
    erasures.TITLE,
    "Dịch vụ %(code)s đã ngừng cung cấp. Các bên sửa đổi hoặc chấm dứt thỏa thuận.",
    "%(before)s đã kết thúc hoạt động; cơ quan kế tục: %(after)s.",
    "%(name)s đã kết thúc hoạt động, không có cơ quan kế tục.",
    "%(code)s: ghi nhận cơ quan kế tục hoặc thu hồi",
    "%(code)s: cơ quan kế tục tiếp nhận",
    "%(code)s: dịch vụ được yêu cầu đã ngừng",
    "Còn %(left)s ngày: hết hiệu lực từ ngày %(day)s. Cần dùng tiếp thì đề nghị bên cấp gia hạn.",
    "Từ ngày %(day)s dữ liệu không còn giá trị: đồng bộ lại, hoặc ngừng sử dụng và xóa.",
    "%(reason)s Nháp yêu cầu đặc thù %(code)s đã có sẵn nội dung; hoàn thiện rồi gửi.",
    "Tài khoản %(code)s chờ bàn giao: nhận khóa thay cơ quan ngoài tỉnh.",
    "Vi phạm: %(breach)s Xử lý: %(handling)s Yêu cầu để duy trì, khôi phục: %(requirements)s",
    "%(code)s: dữ liệu đã đồng bộ hết thời hạn sử dụng",
    "%(code)s: trình quyết định chia sẻ ngoài tỉnh",
    "%(service)s: tạm ngừng từ %(start)s, dự kiến khôi phục %(end)s. %(work)s",
    "Gửi yêu cầu mặc định tới dịch vụ %(code)s. %(reason)s",
    "%(code)s: ủy quyền cấp tài khoản đã hết hạn",
    "Bản số %(number)s (mã băm %(digest)s…); người ký: %(signer)s, %(position)s",
    "%(code)s: phải xóa, hủy dữ liệu đã nhận",
    "%(code)s: được ủy quyền cấp tài khoản",
    "Có hiệu lực đến trước ngày %(day)s.",
    "Hết thời hạn sử dụng ngày %(day)s.",
    "%(code)s: chấm dứt chia sẻ dữ liệu",
    "%(code)s: bị từ chối, gửi để biết",
    "%(code)s: tài khoản sắp hết hạn",
    "Thêm bên %(name)s theo đề nghị %(code)s",
    "%(code)s: đã kết thúc ủy quyền",
    "%(name)s đã cho ý kiến.",
    "%(code)s và %(more)s đợt khác",
    "%(code)s: đã gia hạn",
    "%(what)s. Căn cứ: %(ground)s. %(reason)s",
    "Tài khoản %(codes)s",
    "Tài khoản %(code)s",
    "Bản số %(number)s",
)
