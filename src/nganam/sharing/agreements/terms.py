"""Local terms of special sharing: the law states none for agreeing (D37), so these are the province's own choice."""

from nganam.deadlines.terms import LocalDefault, declare_local

declare_local(
    LocalDefault("special_check", 3, "Kiểm tra điều kiện chia sẻ đặc thù", "Check the conditions of special sharing"),
    LocalDefault("special_review", 5, "Rà soát nhu cầu, quy định, điều kiện", "Review needs, rules and conditions"),
    LocalDefault("special_agreement", 15, "Thống nhất chia sẻ dữ liệu đặc thù", "Agree on special sharing"),
    LocalDefault("special_sign", 5, "Ký thỏa thuận đặc thù", "Sign the special agreement"),
    LocalDefault("special_join", 5, "Trả lời đề nghị tham gia thỏa thuận", "Answer a request to join"),
    LocalDefault("default_review_ahead", 30, "Báo trước kỳ xét chuyển mặc định", "Look ahead to reviews", "days"),
    LocalDefault("special_deletion", 15, "Xóa, hủy dữ liệu sau thỏa thuận", "Delete the data after the agreement"),
)
