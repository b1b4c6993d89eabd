"""Terms of suspension the law leaves open: shown as "nội bộ", edited by the lead agency."""

from nganam.deadlines.terms import LocalDefault

TERMS = (
    LocalDefault("usage_report", 5, "Báo cáo việc sử dụng dữ liệu", "Report on the use of data"),
    LocalDefault("maintenance_restore", 1, "Khôi phục dịch vụ", "Restoration of a service", "days"),
    LocalDefault("deletion_report", 10, "Báo cáo xóa, hủy dữ liệu đã nhận", "Report on the deletion of data"),
)
"""The first two are what a form proposes: the day itself is set by the demand and by the announcement."""
