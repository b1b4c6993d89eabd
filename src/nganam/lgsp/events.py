"""Audit actions of the room."""

from nganam.audit.registry import Action, register

register(
    Action("lgsp.upstream.credential_set", "Đặt khóa của hệ thống nguồn", "Set the credential of an agency's system"),
    Action("lgsp.credential.issued", "Cấp khóa truy cập cho tài khoản kết nối", "Issued a credential"),
    Action("lgsp.credential.revoked", "Thu hồi khóa truy cập", "Revoked a credential"),
    Action("lgsp.certificate.issued", "Cấp chứng thư TLS cho ứng dụng", "Issued a client certificate"),
    Action("lgsp.certificate.renewed", "Ứng dụng tự gia hạn chứng thư TLS", "An application renewed its certificate"),
    Action("lgsp.certificate.revoked", "Thu hồi chứng thư TLS", "Revoked a client certificate"),
    Action("lgsp.token.revoked", "Ứng dụng trả lại mã truy cập", "A client revoked its token"),
    Action("lgsp.webhook.subscribed", "Đăng ký nhận thông báo thay đổi", "Subscribed to change events"),
    Action("lgsp.webhook.stopped", "Ngừng nhận thông báo thay đổi", "Stopped change events"),
    Action("lgsp.webhook.replayed", "Gửi lại thông báo thay đổi", "Sent a change event again"),
    Action("lgsp.key.made", "Tạo khóa ký mã truy cập", "Made a token signing key"),
    Action("lgsp.key.rotated", "Thay khóa ký mã truy cập", "Rotated the token signing key"),
    Action("lgsp.log.dropped", "Xóa nhật ký trao đổi quá thời hạn lưu", "Removed exchange log entries past their term"),
    Action("lgsp.gateway.published", "Cập nhật cấu hình cổng LGSP", "Published the gateway's configuration"),
    Action("lgsp.snapshot.refused", "Từ chối bản cấu hình hỏng của cổng LGSP", "Refused a broken gateway snapshot"),
    Action("lgsp.snapshot.rejected", "Cổng từ chối bản cấu hình, đã quay lại", "Went back from a refused snapshot"),
    Action("lgsp.snapshot.rolled_back", "Quay lại một bản cấu hình cũ của cổng LGSP", "Rolled the gateway back"),
    Action("lgsp.snapshot.released", "Cho cổng LGSP theo quyết định hiện tại", "Released the gateway from a rollback"),
    Action("lgsp.incident.opened", "Mở sự cố LGSP", "Opened an incident"),
    Action("lgsp.incident.closed", "Sự cố LGSP đã hết", "Closed an incident"),
    Action("lgsp.incident.acknowledged", "Nhận xử lý sự cố LGSP", "Acknowledged an incident"),
    Action("lgsp.incident.noted", "Ghi chú sự cố LGSP", "Added a note to an incident"),
    Action("lgsp.alert_rule.set", "Đặt ngưỡng cảnh báo LGSP", "Set the thresholds of an alert rule"),
    Action("lgsp.promise.set", "Ghi cam kết chất lượng dịch vụ", "Set the promised quality of a service"),
)
