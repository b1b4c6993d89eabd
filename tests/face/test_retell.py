"""What the platform wrote down in Vietnamese is told to English readers; what people wrote stays."""

import pytest
from django.utils.translation import override

from nganam.face import messages, telling, units
from nganam.face.telling import retold


@pytest.mark.parametrize(
    ("kept", "english"),
    [
        ("YC-2026-0001: Đã cấp tài khoản", "YC-2026-0001: Account granted"),
        ("Trường học: cơ sở 2: Đã tạo phiên bản", "Trường học: cơ sở 2: Version committed"),
        ("Nhận 146 dòng, loại 0 dòng.", "146 rows accepted, 0 rows rejected."),
        ("Tài khoản TK-2026-0001", "Account TK-2026-0001"),
        ("YC-2026-0002: bị từ chối, gửi để biết", "YC-2026-0002: refused, sent for information"),
        ("Ngày nghỉ (thay cho ngày 22/08/2026)", "Day off (in exchange for 22/08/2026)"),
        ("Mùng hai Tết Nguyên Đán", "Second day of Lunar New Year"),
        ("Cổng LGSP", "LGSP gateway"),
        ("Hệ thống quản lý dịch vụ chia sẻ dữ liệu", "Data-sharing service management system"),
        ("Lọc theo ma_xa", "Filter by ma_xa"),
        ("Danh mục trình ban hành", "Catalogue submitted for issue"),
    ],
)
def test_our_own_words_are_told_in_english(kept, english):
    with override("en"):
        assert retold(kept) == english
    with override("vi"):
        assert retold(kept) == kept


@pytest.mark.parametrize(
    "kept",
    ["Diễn tập thu hồi", "Xác nhận nơi cư trú: theo hồ sơ", "", "Lâm Vĩnh Phúc", "a: b", "100% của %(n)s", ": ", "x: "],
)
def test_what_a_person_wrote_stays_as_it_is(kept):
    with override("en"):
        assert retold(kept) == kept


def test_a_reminder_is_told_whole():
    kept = "Cấp tài khoản kết nối hoặc từ chối: hạn cuối 30/11/2026 (D35.3)."
    with override("en"):
        told = retold(kept)
    assert "30/11/2026 (D35.3)" in told
    assert "hạn cuối" not in told
    assert "Cấp tài khoản" not in told


def test_every_sentence_a_room_made_known_is_in_the_catalogue():
    known = {message.id for message in messages.extract_messages() if isinstance(message.id, str)}
    assert set(telling._sentences) <= known


def test_units_of_the_demo_are_words_of_both_languages_or_signs():
    from nganam.demo.contracts import contracts

    used = {column.unit for one in contracts().values() for column in one.columns if column.unit}
    assert used - set(units.UNITS) <= {"%", "mm", "°C", "km²"}
    with override("en"):
        assert units.unit_name("nghìn tấn") == "thousand tonnes"
        assert units.unit_name("mét khối nước") == "mét khối nước"
    assert units.unit_name("người/km²") == "người/km²"
