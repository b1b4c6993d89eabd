"""Refusals of the data server, written as ``application/problem+json`` in Vietnamese (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

import msgspec


class Refused(Exception):
    """A request that gets no data: what is wrong, and in ``hint`` what to do about it."""

    def __init__(self, status: int, code: str, title: str, detail: str, hint: str = "", **members: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.hint = hint
        self.members = members

    def as_json(self, request_id: str, portal: str = "") -> bytes:
        """Return the problem document; its type is an address at ``portal``, as the gateway's own are."""
        members: dict[str, Any] = {
            "type": f"{portal}/loi/#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        extra = {"hint": self.hint, **self.members, "request_id": request_id}
        return msgspec.json.encode(members | {name: value for name, value in extra.items() if value})


def not_through_gateway() -> Refused:
    """Refuse a caller that did not come through the gateway."""
    return Refused(
        403, "not_through_gateway", "Phải đi qua LGSP", "Máy chủ dữ liệu chỉ nhận yêu cầu chuyển qua cổng LGSP.",
        "Gọi dịch vụ tại địa chỉ ghi trong trang của dịch vụ.",
    )  # fmt: skip


def unknown_service() -> Refused:
    """Refuse a path that names no service served now."""
    return Refused(
        404, "unknown_service", "Không có dịch vụ này", "Không có dịch vụ chia sẻ dữ liệu nào tại địa chỉ này.",
        "Xem địa chỉ đúng trong danh sách dịch vụ trên cổng.",
    )  # fmt: skip


def not_granted() -> Refused:
    """Refuse a consumer that holds no live account for the service."""
    return Refused(
        403, "not_granted", "Chưa được cấp quyền", "Ứng dụng không có tài khoản kết nối còn hiệu lực cho dịch vụ này.",
        "Gửi yêu cầu kết nối trên cổng, hoặc hỏi cơ quan cung cấp nếu tài khoản đã bị khóa hay hết hạn.",
    )  # fmt: skip


def record_absent() -> Refused:
    """Answer that no record has this key: TT 13/2017 tells it apart from "exists but not permitted"."""
    return Refused(
        404, "data_absent", "Không có dữ liệu", "Không có bản ghi nào mang khóa này.",
        "Kiểm tra lại khóa; giữ nguyên các số 0 ở đầu.",
    )  # fmt: skip


def record_not_granted() -> Refused:
    """Answer that the record exists but lies outside the granted scope (TT 13/2017)."""
    return Refused(
        403, "data_not_permitted", "Có dữ liệu nhưng không được phép",
        "Bản ghi nằm ngoài phạm vi dữ liệu đã cấp cho ứng dụng.", "Đề nghị cơ quan cung cấp mở rộng phạm vi nếu cần.",
    )  # fmt: skip


def ambiguous_key(columns: Sequence[str]) -> Refused:
    """Refuse a key that more than one record has."""
    return Refused(
        409, "ambiguous_key", "Khóa chưa đủ", "Có nhiều bản ghi mang khóa này.",
        f"Đọc từng trang và lọc theo {', '.join(columns)}.",
    )  # fmt: skip


def fields_not_granted(names: Sequence[str]) -> Refused:
    """Refuse fields that the service offers and the account was not granted."""
    return Refused(
        403, "fields_not_granted", "Mục tin chưa được cấp",
        f"Tài khoản kết nối không được cấp mục tin: {', '.join(names)}.",
        "Bỏ mục tin này khỏi câu hỏi, hoặc đề nghị cơ quan cung cấp cấp thêm.",
    )  # fmt: skip


def too_long(most: int) -> Refused:
    """Refuse an address of which the exchange log would lose a part: it has to hold the whole question."""
    return Refused(
        414, "address_too_long", "Địa chỉ quá dài",
        f"Địa chỉ dài quá {most} ký tự; nhật ký giao dịch phải giữ được toàn bộ câu hỏi.",
        "Chia các khóa thành nhiều lần gọi, hoặc bớt mục tin và bộ lọc.",
    )  # fmt: skip


def too_costly(seconds: int) -> Refused:
    """Refuse a question over so many rows that it took too long."""
    return Refused(
        400, "too_costly", "Câu hỏi tốn quá nhiều thời gian", f"Câu hỏi chạy quá {seconds} giây nên bị dừng.",
        "Lọc bớt, bỏ sắp xếp, hoặc gộp theo ít cột hơn rồi gọi lại.",
    )  # fmt: skip


def changes_gone(oldest: int | None, version: int) -> Refused:
    """Say that changes since a version are not kept (any more): the whole is to be read once."""
    kept = f"Chỉ còn thay đổi từ phiên bản {oldest}." if oldest is not None else "Bảng này chưa giữ thay đổi nào."
    return Refused(
        410, "changes_gone", "Không còn giữ các thay đổi này", kept,
        "Đọc lại toàn bộ từng trang, rồi hỏi thay đổi từ phiên bản ghi ở trang đầu.",
        oldest=oldest, version=version,
    )  # fmt: skip


def not_findable(detail: str) -> Refused:
    """Say that records of this table are not found this way."""
    return Refused(
        409, "not_findable", "Bảng không tìm được cách này", detail,
        "Đọc từng trang có lọc; tài liệu của dịch vụ có câu hỏi này thì thử lại sau ít phút: bản sao đang được dựng.",
    )  # fmt: skip


def version_moved(asked: Any, version: int) -> Refused:
    """Say that a page to go on from belongs to a version that has been replaced, so that its order is gone."""
    return Refused(
        409, "version_moved", "Dữ liệu đã có phiên bản mới",
        f"Con trỏ thuộc phiên bản {asked}; phiên bản hiện tại là {version} nên thứ tự kết quả đã khác.",
        "Hỏi lại từ trang đầu, không kèm cursor.", version=version,
    )  # fmt: skip


def bad_request(detail: str, hint: str, **members: object) -> Refused:
    """Refuse a request that is not of the documented form."""
    return Refused(400, "bad_request", "Yêu cầu không đúng dạng", detail, hint, **members)


def method_refused() -> Refused:
    """Refuse anything but reading."""
    return Refused(405, "method_not_allowed", "Chỉ đọc", "Dịch vụ chỉ nhận phương thức GET.", "Dùng GET.")


def outside_hours() -> Refused:
    """Refuse a consumer outside the hours it was granted."""
    return Refused(
        403, "outside_hours", "Ngoài giờ được phép", "Tài khoản kết nối chỉ được gọi trong những giờ đã thỏa thuận.",
        "Xem giờ được phép ở trang tài khoản trên cổng rồi gọi lại trong giờ.",
    )  # fmt: skip


def too_many_at_once(most: int) -> Refused:
    """Refuse one more call while as many as granted are under way."""
    return Refused(
        429, "too_many_at_once", "Quá nhiều cuộc gọi cùng lúc",
        f"Ứng dụng đang có {most} cuộc gọi chưa xong cho dịch vụ này.",
        "Chờ các cuộc gọi trước trả lời rồi gọi tiếp; cần nhiều hơn thì đề nghị cơ quan cung cấp.",
    )  # fmt: skip


def unknown_operation() -> Refused:
    """Refuse a call that fits no operation of the service."""
    return Refused(
        404, "unknown_service", "Không có dịch vụ này", "Không có dịch vụ hay thao tác nào tại địa chỉ này.",
        "Xem địa chỉ đúng trong danh sách dịch vụ trên cổng.",
    )  # fmt: skip


def operation_not_granted() -> Refused:
    """Refuse an operation the account was not granted."""
    return Refused(
        403, "not_granted", "Chưa được cấp quyền", "Tài khoản kết nối không được cấp thao tác này.",
        "Xem các thao tác được cấp ở trang tài khoản trên cổng.",
    )  # fmt: skip


def source_refused(status: int) -> Refused:
    """Hand on the status with which an agency's system refused; its words may hold what was not granted."""
    return Refused(
        status, "source_refused", "Hệ thống nguồn từ chối",
        f"Hệ thống của cơ quan cung cấp trả lời mã {status} cho yêu cầu này.",
        "Kiểm tra tham số và nội dung theo tài liệu của dịch vụ; nếu vẫn lỗi, hỏi cơ quan cung cấp.",
    )  # fmt: skip


def answer_unusable(why: str) -> Refused:
    """Refuse an answer of an agency's system that cannot be checked: nothing of it goes on."""
    return Refused(
        502, "answer_unusable", "Câu trả lời của hệ thống nguồn không kiểm được",
        f"Hệ thống của cơ quan cung cấp {why}, nên không phần nào được chuyển tiếp.",
        "Gửi mã yêu cầu cho cơ quan cung cấp và đơn vị vận hành LGSP.",
    )  # fmt: skip


def source_slow() -> Refused:
    """Say that an agency's system did not answer in time."""
    return Refused(
        504, "timeout", "Quá thời gian chờ", "Hệ thống của cơ quan cung cấp trả lời quá chậm.",
        "Thử lại sau ít phút; nếu vẫn chậm, hỏi cơ quan cung cấp.",
    )  # fmt: skip


def push_not_granted() -> Refused:
    """Refuse a sender that may not push into this table (any more)."""
    return Refused(
        403, "not_granted", "Chưa được cấp quyền", "Ứng dụng không có quyền đẩy dữ liệu vào bảng này.",
        "Cán bộ đầu mối của cơ quan chủ quản bảng mở quyền ở trang Đẩy dữ liệu của bảng.",
    )  # fmt: skip


def push_too_large(detail: str) -> Refused:
    """Refuse a push that is larger than one may be; nothing of it is kept."""
    return Refused(
        413, "too_large", "Nội dung quá lớn", f"{detail} Không bản ghi nào được nhận.",
        "Chia thành nhiều lần đẩy; nhiều dữ liệu hơn nữa thì nạp bằng tệp.",
    )  # fmt: skip


def wrong_media(kind: str) -> Refused:
    """Refuse a body that is said to be something else than records in JSON."""
    return Refused(
        415, "unsupported_media_type", "Dạng nội dung không nhận", f"Không nhận nội dung dạng “{kind[:60]}”.",
        "Gửi Content-Type: application/json, hoặc application/x-ndjson (mỗi dòng một bản ghi).",
    )  # fmt: skip


def key_used() -> Refused:
    """Refuse a key that came with another content: one of both would be lost."""
    return Refused(
        422, "idempotency_key_used", "Mã lần đẩy đã dùng", "Idempotency-Key này đã dùng cho một nội dung khác.",
        "Mỗi lần đẩy dùng một mã mới; chỉ giữ nguyên mã khi gửi lại đúng nội dung đó.",
    )  # fmt: skip


def no_receipt() -> Refused:
    """Say that the caller has no such receipt here."""
    return Refused(
        404, "data_absent", "Không có dữ liệu", "Không có biên nhận này của ứng dụng.",
        "Kiểm tra mã biên nhận trong câu trả lời của lần đẩy; biên nhận quá thời hạn lưu (nội bộ) đã được dọn.",
    )  # fmt: skip


def push_method_refused() -> Refused:
    """Refuse what is neither a push nor a question about one."""
    return Refused(
        405, "method_not_allowed", "Phương thức không nhận", "Địa chỉ này chỉ nhận POST để đẩy dữ liệu.",
        "Dùng POST để đẩy, GET kèm mã biên nhận để xem kết quả.",
    )  # fmt: skip


def unavailable(detail: str) -> Refused:
    """Say that the data cannot be read now."""
    return Refused(
        503, "unavailable", "Tạm thời không phục vụ được", detail,
        "Thử lại sau ít phút; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành LGSP.",
    )  # fmt: skip


def out_of_service(why: str) -> Refused:
    """Say that what is served of a table is damaged or older than promised; it is being built anew."""
    told = "quá cũ so với dữ liệu của kho" if why == "stale" else "bị hỏng"
    return Refused(
        503, "unavailable", "Tạm thời không phục vụ được", f"Bản sao dữ liệu của dịch vụ {told} nên đã ngừng dùng.",
        "Thử lại sau ít phút: bản sao đang được dựng lại từ kho.",
    )  # fmt: skip


def failed() -> Refused:
    """Answer for a fault of ours; the cause is in the log under the request id."""
    return Refused(
        500, "server_error", "Hệ thống gặp lỗi", "Máy chủ dữ liệu gặp lỗi khi trả lời.",
        "Thử lại; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành LGSP.",
    )  # fmt: skip
