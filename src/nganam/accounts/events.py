"""Audit actions of the room."""

from nganam.audit.registry import Action, register

register(
    Action("accounts.signed_in", "Đăng nhập", "Signed in"),
    Action("accounts.signed_out", "Đăng xuất", "Signed out"),
    Action("accounts.sign_in_failed", "Đăng nhập không thành công", "Failed to sign in"),
    Action("accounts.person.opened", "Mở tài khoản", "Opened an account"),
    Action("accounts.person.edited", "Sửa thông tin tài khoản", "Edited an account"),
    Action("accounts.person.closed", "Khóa tài khoản", "Closed an account"),
    Action("accounts.person.reopened", "Mở khóa tài khoản", "Reopened an account"),
    Action("accounts.api_key.issued", "Tạo khóa API", "Issued an API key"),
    Action("accounts.api_key.revoked", "Thu hồi khóa API", "Revoked an API key"),
    Action("accounts.person.password_reset", "Cấp lại mật khẩu", "Reset a password"),
)
