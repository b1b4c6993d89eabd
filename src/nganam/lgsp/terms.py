"""Local choices of the LGSP in days (nội bộ): shown and changed where all local terms are, ``/lich-lam-viec/``."""

from nganam.deadlines.terms import LocalDefault, span

CALLS = LocalDefault("log_retention", 24, "Lưu nhật ký chia sẻ dữ liệu", "Keep the exchange log", "months")
UNSURE = LocalDefault(
    "lgsp_incident_unsure", 1, "Đóng sự cố LGSP khi không đủ cuộc gọi để kết luận", "Close an unsure incident", "days"
)
CERTIFICATE = LocalDefault(
    "lgsp_certificate_ends",
    30,
    "Nhắc chứng thư của ứng dụng sắp hết hạn",
    "A certificate of an application ends",
    "days",
)
PLATFORM_STAGES = (
    LocalDefault("lgsp_platform_ends_first", 30, "Nhắc chứng thư tại nền tảng ngoài tỉnh sắp hết hạn, lần đầu",
                 "Our certificate at a platform ends, first", "days"),
    LocalDefault("lgsp_platform_ends_second", 7, "Nhắc chứng thư tại nền tảng ngoài tỉnh sắp hết hạn, lần hai",
                 "Our certificate at a platform ends, second", "days"),
    LocalDefault("lgsp_platform_ends_last", 1, "Nhắc chứng thư tại nền tảng ngoài tỉnh sắp hết hạn, lần cuối",
                 "Our certificate at a platform ends, last", "days"),
)  # fmt: skip
CRL = LocalDefault("lgsp_crl", 30, "Danh sách chứng thư bị thu hồi dùng được", "A revocation list is good for", "days")
MINUTES = LocalDefault("lgsp_tally_minutes", 8, "Giữ số liệu LGSP theo phút", "Keep figures by minute", "days")
HOURS = LocalDefault("lgsp_tally_hours", 100, "Giữ số liệu LGSP theo giờ", "Keep figures by hour", "days")
DAYS = LocalDefault("lgsp_tally_days", 800, "Giữ số liệu LGSP theo ngày", "Keep figures by day", "days")
SNAPSHOTS = LocalDefault("lgsp_snapshots", 90, "Giữ các bản cấu hình LGSP", "Keep snapshots of the gateway", "days")
QUOTAS = LocalDefault("lgsp_quota_counts", 100, "Giữ số đếm hạn mức", "Keep counts of quotas", "days")
DELIVERIES = LocalDefault("lgsp_deliveries", 90, "Giữ thông báo thay đổi đã gửi", "Keep messages of changes", "days")
PUSHES = LocalDefault("lgsp_push_receipts", 90, "Giữ biên nhận đẩy dữ liệu", "Keep receipts of pushes", "days")
EVERY = (
    CALLS, UNSURE, CERTIFICATE, *PLATFORM_STAGES, CRL, MINUTES, HOURS, DAYS, SNAPSHOTS, QUOTAS, DELIVERIES,
    PUSHES,
)  # fmt: skip
__all__ = ["EVERY", "span"]
