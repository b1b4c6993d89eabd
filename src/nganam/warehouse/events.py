"""Audit actions of the room. Details name codes, counts and digests; never rows or connection secrets."""

from nganam.audit.registry import Action, register, register_machine
from nganam.warehouse.workflow import LOAD

register_machine(LOAD)
register(
    Action("warehouse.source.declared", "Khai báo nguồn dữ liệu", "Declared a data source"),
    Action("warehouse.source.changed", "Sửa khai báo nguồn dữ liệu", "Changed a data source"),
    Action("warehouse.sources.key_rotated", "Thay khóa giữ mật khẩu của nguồn", "Replaced the key of kept passwords"),
    Action("warehouse.source.tried", "Thử kết nối nguồn dữ liệu", "Tried a data source"),
    Action("warehouse.table.declared", "Khai báo bảng dữ liệu", "Declared a table"),
    Action("warehouse.file.asked", "Yêu cầu tạo tệp của phiên bản", "Asked for a file of a version"),
    Action("warehouse.file.made", "Tạo xong tệp của phiên bản", "Made a file of a version"),
    Action("warehouse.file.failed", "Không tạo được tệp của phiên bản", "Could not make a file of a version"),
    Action("warehouse.file.taken", "Tải tệp của phiên bản", "Downloaded a file of a version"),
    Action("warehouse.rejected.taken", "Tải các dòng bị loại", "Downloaded the rejected rows"),
    Action("warehouse.rows.read", "Đọc các dòng có dữ liệu cá nhân", "Read rows with personal data"),
    Action("warehouse.file.removed", "Dọn tệp lâu không dùng", "Removed a file long unused"),
    Action("warehouse.replica.withdrawn", "Ngừng dùng bản sao hỏng hoặc quá cũ", "Took a replica out of service"),
    Action("warehouse.load.admitted", "Chấp nhận sai khác của lượt nạp", "Admitted what a load drifted in"),
    Action("warehouse.table.changed", "Sửa khai báo bảng dữ liệu", "Changed a table's declaration"),
    Action("warehouse.findings.admitted", "Chấp nhận phát hiện khi rà quét", "Admitted what a scan found"),
    Action("warehouse.versions.removed", "Xóa phiên bản hết thời hạn lưu giữ", "Removed versions beyond retention"),
    Action("warehouse.erasure.proposed", "Đề nghị xóa dữ liệu", "Proposed to erase data"),
    Action("warehouse.erasure.withdrawn", "Rút đề nghị xóa dữ liệu", "Withdrew a proposal to erase data"),
    Action("warehouse.erasure.confirmed", "Xác nhận xóa dữ liệu", "Confirmed an erasure of data"),
    Action("warehouse.erasure.done", "Xóa xong dữ liệu theo quyết định", "Erased data by decision"),
    Action("warehouse.erasure.lifted", "Cho nhận lại giá trị đã xóa", "Let erased values in again"),
    Action("warehouse.model.saved", "Lưu mô hình của bảng dẫn xuất", "Saved the model of a derived table"),
    Action("warehouse.model.stopped", "Thôi dùng mô hình của bảng", "Stopped using the model of a table"),
    Action("warehouse.findings.withdrawn", "Thôi chấp nhận phát hiện", "Withdrew an admission"),
)
