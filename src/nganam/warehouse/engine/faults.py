"""What can be wrong with a source, a file or a row, in words.

Each fault has a code, kept in the database with its parameters; the sentence is made when it is shown, in the reader's
language. ``N_`` only marks a sentence for the translator.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nganam.kernel.errors import Invalid, NganamError, Unavailable

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - the name translators' tools look for
    """Mark ``text`` for translation and return it unchanged."""
    return text


FILE_FAULTS: Mapping[str, tuple[str, str]] = {
    "empty": (
        N_("Tệp “{name}” rỗng: không có dữ liệu nào."),
        N_("Kiểm tra lại tệp đã xuất ra đúng chưa, rồi nạp lại."),
    ),
    "no_rows": (
        N_("Tệp “{name}” chỉ có tiêu đề, không có dòng dữ liệu nào."),
        N_("Kiểm tra lại bộ lọc khi xuất tệp; bảng hiện tại được giữ nguyên."),
    ),
    "wrong_type": (
        N_("Tệp “{name}” là {found}, không phải loại tệp mà kho đọc được."),
        N_(
            "Lưu thành .xlsx hoặc .csv (UTF-8) rồi nạp lại; kho cũng đọc JSON, XML, GeoJSON, Shapefile nén .zip và "
            "GeoPackage."
        ),
    ),
    "too_large": (
        N_("Tệp “{name}” lớn hơn mức cho phép {limit_mb} MB."),
        N_("Chia tệp thành nhiều phần, hoặc khai báo nguồn cơ sở dữ liệu để kho tự đọc."),
    ),
    "encoding": (
        N_("Không nhận ra bảng mã của tệp “{name}” (gần dòng {line})."),
        N_("Chọn bảng mã ở mục Cách đọc tệp, hoặc lưu lại tệp với bảng mã UTF-8 rồi nạp."),
    ),
    "not_encoded": (
        N_("Tệp “{name}” không đọc được theo bảng mã đã chọn (gần dòng {line})."),
        N_("Chọn bảng mã khác, hoặc để kho tự nhận."),
    ),
    "no_sheet": (
        N_("Tệp “{name}” không có trang tính “{asked}”."),
        N_("Các trang có dữ liệu: {found}."),
    ),
    "no_header": (
        N_("Không tìm thấy dòng tiêu đề trong tệp “{name}”. Các cột cần có: {missing}."),
        N_(
            "Dòng đầu đọc được là: {found}. Chữ đọc sai thì chọn bảng mã ở mục Cách đọc tệp; nếu không, đặt tên cột "
            "đúng như khai báo của bảng."
        ),
    ),
    "missing_columns": (
        N_("Tệp “{name}” thiếu cột: {missing}."),
        N_("Các cột có trong tệp (dòng {line}): {found}. Bổ sung cột còn thiếu, để trống ô nếu chưa có số liệu."),
    ),
    "repeated_column": (
        N_("Tệp “{name}” có hai cột cùng tên “{column}” (dòng {line})."),
        N_("Giữ lại một cột rồi nạp lại."),
    ),
    "broken_quotes": (
        N_("Tệp “{name}” có dấu ngoặc kép không đóng, hoặc ô quá dài, gần dòng {line}."),
        N_("Sửa dấu ngoặc kép ở dòng này rồi nạp lại."),
    ),
    "broken_workbook": (
        N_("Không đọc được tệp bảng tính “{name}”."),
        N_("Mở tệp bằng phần mềm bảng tính, bỏ mật khẩu nếu có, lưu lại rồi nạp."),
    ),
    "sheet_too_far": (
        N_("Tệp “{name}” có trang tính trải quá xa: hơn {most} triệu ô, kể cả ô trống."),
        N_("Xóa các dòng, cột thừa ở cuối trang tính, lưu lại .xlsx rồi nạp."),
    ),
    "broken_json": (
        N_("Tệp “{name}” không phải JSON đúng cú pháp, gần bản ghi {record}."),
        N_("Xuất lại tệp JSON (UTF-8), hoặc sửa chỗ sai cú pháp rồi nạp lại."),
    ),
    "broken_xml": (
        N_("Tệp “{name}” không phải XML đúng cú pháp, gần dòng {line}."),
        N_("Xuất lại tệp, hoặc sửa chỗ sai cú pháp rồi nạp lại."),
    ),
    "xml_entities": (
        N_("Tệp XML “{name}” khai báo kiểu tài liệu (DOCTYPE) hoặc thực thể; kho không đọc các khai báo đó."),
        N_("Xuất lại tệp XML không có phần DOCTYPE."),
    ),
    "no_records": (
        N_("Không thấy danh sách bản ghi nào trong tệp “{name}”."),
        N_("Tệp cần có một danh sách các đối tượng (JSON), một phần tử lặp lại (XML) hoặc một lớp dữ liệu (bản đồ)."),
    ),
    "several_parts": (
        N_("Tệp “{name}” có nhiều phần có thể là bảng: {found}."),
        N_("Ghi tên một phần vào ô Trang tính hoặc phần của tệp, ở mục Cách đọc tệp."),
    ),
    "no_part": (
        N_("Tệp “{name}” không có phần “{asked}”."),
        N_("Các phần có trong tệp: {found}."),
    ),
    "missing_fields": (
        N_("Các bản ghi trong tệp “{name}” không có mục: {missing}."),
        N_("Các mục có trong tệp: {found}. Bổ sung mục còn thiếu, để trống nếu chưa có số liệu."),
    ),
    "repeated_field": (
        N_("Tệp “{name}”: bản ghi {record} có mục “{column}” hai lần."),
        N_("Giữ lại một mục rồi nạp lại."),
    ),
    "too_wide": (
        N_("Tệp “{name}” có quá nhiều mục khác nhau (hơn {most})."),
        N_("Xuất lại chỉ các mục cần dùng; một bảng có nhiều nhất 300 cột."),
    ),
    "too_deep": (
        N_("Tệp “{name}” lồng nhau quá sâu (hơn {most} tầng)."),
        N_("Xuất lại tệp với các bản ghi phẳng hơn."),
    ),
    "cell_too_long": (
        N_("Tệp “{name}” có một giá trị quá dài ở bản ghi {record}."),
        N_("Mỗi ô nhiều nhất 1 triệu ký tự, hình học nhiều nhất 10 triệu; bỏ giá trị đó rồi nạp lại."),
    ),
    "broken_map": (
        N_("Không đọc được tệp bản đồ “{name}”."),
        N_("Kiểm tra tệp nén có đủ .shp, .shx, .dbf, .prj của cùng một lớp, hoặc xuất lại GeoPackage."),
    ),
    "broken_geometry": (
        N_("Tệp “{name}” có hình học không đọc được ở bản ghi {record}."),
        N_("Sửa hình học đó bằng phần mềm bản đồ, chuyển đường cong thành đoạn thẳng, rồi xuất lại."),
    ),
    "no_projection": (
        N_("Tệp “{name}” có tọa độ {found} không phải kinh độ, vĩ độ (bản ghi {record}), và không nói rõ hệ tọa độ."),
        N_("Kèm tệp .prj (VN-2000), hoặc chuyển sang WGS 84 rồi xuất lại."),
    ),
    "unknown_projection": (
        N_("Không chuyển được hệ tọa độ của tệp “{name}” sang WGS 84: {found}"),
        N_("Chuyển lớp dữ liệu sang WGS 84 (EPSG:4326) hoặc VN-2000 có mã EPSG, rồi xuất lại."),
    ),
    "source_query": (
        N_("Nguồn “{name}” từ chối câu truy vấn: {found}"),
        N_("Kiểm tra tên bảng, tên cột và quyền đọc của tài khoản kết nối."),
    ),
    "source_not_readable": (
        N_("Nguồn “{name}” chưa có thông tin kết nối dùng được: {found}"),
        N_("Người quản trị đặt biến môi trường hoặc tệp kết nối như đã khai báo, rồi nạp lại."),
    ),
    "source_down": (
        N_("Nguồn “{name}” không trả lời."),
        N_("Kiểm tra máy chủ và cổng mạng của nguồn, tường lửa, mật khẩu còn hạn; bảng hiện tại được giữ nguyên."),
    ),
    "source_host": (
        N_("Không tìm thấy tên máy chủ của nguồn “{name}”."),
        N_("Kiểm tra tên máy chủ trong thông tin kết nối và máy chủ phân giải tên miền."),
    ),
    "source_refused": (
        N_("Máy chủ của nguồn “{name}” từ chối kết nối."),
        N_("Kiểm tra số cổng, dịch vụ cơ sở dữ liệu đã chạy và tường lửa; bảng hiện tại được giữ nguyên."),
    ),
    "source_timeout": (
        N_("Máy chủ của nguồn “{name}” không trả lời trong {seconds} giây."),
        N_("Kiểm tra địa chỉ máy, đường mạng và tường lửa; bảng hiện tại được giữ nguyên."),
    ),
    "source_private": (
        N_("Máy chủ của nguồn “{name}” có địa chỉ mà người vận hành chưa cho phép kết nối."),
        N_("Sửa tên máy chủ, hoặc đề nghị người vận hành thêm mạng đó vào NGANAM_WAREHOUSE_NETWORKS."),
    ),
    "erasure_sealed": (
        N_("Không mở được các giá trị của đề nghị xóa {erasure}."),
        N_("Rút đề nghị này rồi lập đề nghị mới; báo quản trị kiểm tra thư mục khóa keys/erasures."),
    ),
    "erasure_salt": (
        N_("Thiếu khóa nhận ra dữ liệu đã xóa theo quyết định nên không nạp: dữ liệu đó có thể quay lại."),
        N_("Quản trị phục hồi tệp khóa keys/erased từ bản sao lưu rồi nạp lại."),
    ),
    "source_secret": (
        N_("Không mở được mật khẩu đã giữ của nguồn “{name}”."),
        N_("Nhập lại mật khẩu ở trang sửa khai báo nguồn."),
    ),
    "source_password": (
        N_("Nguồn “{name}” không nhận tên đăng nhập hoặc mật khẩu."),
        N_("Đặt lại tài khoản, mật khẩu ở khai báo nguồn; nếu ở biến môi trường thì do người quản trị đặt."),
    ),
    "source_database": (
        N_("Máy chủ của nguồn “{name}” không có cơ sở dữ liệu cần nối."),
        N_("Kiểm tra tên cơ sở dữ liệu ở khai báo nguồn; nếu ở biến môi trường thì do người quản trị kiểm tra."),
    ),
    "source_table": (
        N_("Nguồn “{name}” không có bảng cần đọc: {found}"),
        N_("Kiểm tra tên bảng (kể cả lược đồ, ví dụ y_te.co_so) trong khai báo nguồn."),
    ),
    "source_right": (
        N_("Tài khoản kết nối không có quyền đọc ở nguồn “{name}”."),
        N_("Đề nghị đơn vị quản lý nguồn cấp quyền đọc cho tài khoản kết nối."),
    ),
    "source_not_database": (
        N_("Tệp của nguồn “{name}” không phải cơ sở dữ liệu SQLite."),
        N_("Chọn tệp khác, hoặc đổi loại nguồn."),
    ),
    "source_file_missing": (
        N_("Không thấy tệp “{file}” của nguồn “{name}”."),
        N_(
            "Đặt tệp vào thư mục nguồn của hệ thống, hoặc sửa tên tệp trong khai báo nguồn, rồi nạp lại; "
            "bảng hiện tại được giữ nguyên."
        ),
    ),
    "rest_denied": (
        N_("API của nguồn “{name}” không nhận khóa hoặc tài khoản (HTTP {status})."),
        N_("Nhập lại khóa, hoặc đề nghị nơi giữ API cấp quyền đọc cho tài khoản này."),
    ),
    "rest_missing": (
        N_("API của nguồn “{name}” không có địa chỉ này (HTTP {status})."),
        N_("Kiểm tra đường dẫn, tham số và cách phân trang đã khai báo."),
    ),
    "rest_status": (
        N_("API của nguồn “{name}” từ chối yêu cầu (HTTP {status})."),
        N_("Kiểm tra đường dẫn và tham số đã khai báo theo tài liệu của API."),
    ),
    "rest_down": (
        N_("API của nguồn “{name}” đang lỗi hoặc quá tải (HTTP {status}, trang {page})."),
        N_("Bảng hiện tại được giữ nguyên; sẽ thử lại. Nếu kéo dài, báo nơi giữ API."),
    ),
    "rest_elsewhere": (
        N_("API của nguồn “{name}” dẫn sang máy chủ khác (trang {page}); không đi theo."),
        N_("Khai báo thẳng địa chỉ cuối cùng, hoặc báo nơi giữ API sửa liên kết trang tiếp."),
    ),
    "rest_not_json": (
        N_("API của nguồn “{name}” trả lời không phải JSON (trang {page})."),
        N_("Thường là trang đăng nhập hoặc trang báo lỗi: kiểm tra địa chỉ và khóa."),
    ),
    "rest_path": (
        N_("Câu trả lời của nguồn “{name}” không có “{asked}” (trang {page})."),
        N_("Sửa đường dẫn tới danh sách bản ghi hoặc tới trang tiếp theo, ví dụ data.items."),
    ),
    "rest_repeated": (
        N_("API của nguồn “{name}” trả lại một trang đã nhận (trang {page})."),
        N_("API không theo tham số phân trang đã khai báo: sửa tên tham số, hoặc chọn cách phân trang khác."),
    ),
    "rest_endless": (
        N_("API của nguồn “{name}” có nhiều hơn {most} trang hoặc bản ghi được phép."),
        N_("Tăng số bản ghi mỗi trang, hoặc thu hẹp bằng tham số."),
    ),
    "rest_page_large": (
        N_("Một trang của nguồn “{name}” lớn hơn {limit_mb} MB (trang {page})."),
        N_("Giảm số bản ghi mỗi trang."),
    ),
    "rest_empty": (
        N_("API của nguồn “{name}” không trả bản ghi nào."),
        N_("Kiểm tra tham số đã khai báo; bảng hiện tại được giữ nguyên."),
    ),
    "source_slow": (
        N_("Nguồn “{name}” trả lời quá chậm: quá {seconds} giây."),
        N_("Thu hẹp câu truy vấn hoặc nạp ngoài giờ cao điểm; bảng hiện tại được giữ nguyên."),
    ),
    "no_codelist": (
        N_("Danh mục dùng chung “{list}” mà bảng này theo chưa có mã nào được công bố."),
        N_("Công bố danh mục đó, hoặc bỏ danh mục khỏi khai báo cột, rồi nạp lại."),
    ),
    "mend_no_line": (
        N_("Tệp “{name}” không có cột “Dòng gốc” nên không biết mỗi dòng sửa cho dòng nào."),
        N_("Sửa trên tệp các dòng bị loại tải từ trang của lượt nạp, giữ nguyên cột “Dòng gốc”."),
    ),
    "mend_line": (
        N_("Tệp “{name}”, dòng {line}: “{found}” không phải dòng bị loại của lượt nạp này."),
        N_("Giữ nguyên cột “Dòng gốc”; dòng hoàn toàn mới thì đưa vào tệp đầy đủ rồi nạp cả tệp."),
    ),
    "mend_twice": (
        N_("Tệp “{name}”, dòng {line}: dòng gốc {found} xuất hiện hai lần."),
        N_("Mỗi dòng bị loại chỉ giữ một dòng đã sửa; bỏ dòng thừa rồi nạp lại."),
    ),
    "mend_many": (
        N_("Tệp “{name}” có hơn {most} dòng sửa."),
        N_("Chia thành nhiều tệp, hoặc sửa tệp gốc rồi nạp lại cả tệp."),
    ),
    "columns_changed": (
        N_("Bảng đã đổi cột hoặc ràng buộc sau phiên bản {number} nên không nhập thêm từng dòng được."),
        N_("Nạp lại cả tệp hoặc so toàn bộ với nguồn theo khai báo mới; bảng hiện tại được giữ nguyên."),
    ),
    "scan_secret": (
        N_(
            "Dữ liệu có dấu hiệu khóa, mật khẩu, mã truy cập hoặc dấu độ mật ở cột: {columns}; bảng hiện tại được giữ "
            "nguyên."
        ),
        N_("Bỏ các giá trị này ở nguồn rồi nạp lại; nếu chắc chắn không phải bí mật, chấp nhận kèm lý do."),
    ),
    "scan_personal": (
        N_(
            "Dữ liệu có dấu hiệu dữ liệu cá nhân ở cột chưa khai báo cá nhân: {columns}; bảng hiện tại được giữ nguyên."
        ),
        N_("Khai báo cột là dữ liệu cá nhân, hoặc bỏ các giá trị này ở nguồn rồi nạp lại, hoặc chấp nhận kèm lý do."),
    ),
    "cursor_missing": (
        N_("Nguồn “{name}” không còn cột con trỏ “{column}”."),
        N_("Các cột có: {found}. Sửa cột con trỏ trong khai báo bảng, hoặc bỏ trống để luôn đọc toàn bộ."),
    ),
    "cursor_empty": (
        N_("Nguồn “{name}” có dòng không có giá trị ở cột con trỏ “{column}” nên đọc phần mới sẽ sót dòng."),
        N_("Điền giá trị ở nguồn, chọn cột khác, hoặc bỏ trống cột con trỏ để luôn đọc toàn bộ."),
    ),
    "cursor_kind": (
        N_("Cột con trỏ “{column}” của nguồn “{name}” không phải số, ngày hoặc thời điểm."),
        N_("Chọn cột số tăng dần hoặc thời điểm sửa cuối (dạng 2026-01-31 08:00:00)."),
    ),
    "cursor_back": (
        N_("Cột con trỏ “{column}” của nguồn “{name}” lùi lại: lần trước đọc tới {before}, nay lớn nhất là {found}."),
        N_(
            "Nguồn vừa được khôi phục, chỉnh lùi đồng hồ hoặc xóa dòng mới nhất; bấm So toàn bộ với nguồn để đọc lại "
            "cả bảng."
        ),
    ),
    "cursor_ahead": (
        N_("Cột con trỏ “{column}” của nguồn “{name}” có giá trị ở tương lai ({found}): dòng sửa trước đó sẽ sót."),
        N_("Sửa đồng hồ hoặc giá trị sai ở nguồn rồi nạp lại."),
    ),
    "all_rejected": (
        N_("Cả {read} dòng đều bị loại; bảng hiện tại được giữ nguyên."),
        N_("Xem lý do từng dòng bên dưới, sửa tệp rồi nạp lại."),
    ),
    "new_columns": (
        N_("Tệp “{name}” có cột không có trong hợp đồng dữ liệu của bảng: {new}."),
        N_(
            "Xem chỗ sai khác bên dưới. Cần cột này thì thêm vào khai báo của bảng rồi nạp lại; không cần thì "
            "chấp nhận bỏ qua, có ghi lý do."
        ),
    ),
    "types_drifted": (
        N_("Tệp “{name}” có cột không còn đúng kiểu đã khai báo: {columns}."),
        N_(
            "Xem chỗ sai khác bên dưới. Hỏi nơi lập tệp, sửa kiểu cột trong khai báo nếu dữ liệu đã đổi thật, hoặc "
            "chấp nhận loại các dòng sai, có ghi lý do."
        ),
    ),
    "quality": (
        N_("Dữ liệu không đạt quy tắc chất lượng: {rules}; bảng hiện tại được giữ nguyên."),
        N_("Xem kết quả từng quy tắc bên dưới; sửa dữ liệu rồi nạp lại, hoặc chấp nhận, có ghi lý do."),
    ),
    "model_waits": (
        N_("Bảng đầu vào chưa có phiên bản nào: {tables}."),
        N_("Nạp dữ liệu cho bảng đó trước; mô hình tự chạy sau đó."),
    ),
    "model_gone": (
        N_("Phiên bản {version} của bảng đầu vào {table} không còn."),
        N_("Bấm Chạy ngay để tính lại từ các phiên bản hiện tại."),
    ),
    "model_denied": (
        N_("Cơ quan chủ quản của bảng dẫn xuất không được đọc: {columns}."),
        N_("Bỏ các cột đó khỏi mô hình, hoặc đề nghị cơ quan chủ quản của bảng đầu vào."),
    ),
    "model_sql": (
        N_("Câu SQL của mô hình không chạy được: {why}"),
        N_("Sửa câu SQL ở trang Mô hình của bảng; bảng hiện tại được giữ nguyên."),
    ),
    "model_slow": (
        N_("Mô hình chạy quá {seconds} giây nên bị dừng."),
        N_("Bớt phép nối, lọc sớm hơn, hoặc tách thành nhiều bảng dẫn xuất; bảng hiện tại được giữ nguyên."),
    ),
    "model_large": (
        N_("Mô hình cần quá nhiều bộ nhớ ({memory}) nên bị dừng."),
        N_("Lọc và gộp trước khi nối, hoặc tách thành nhiều bảng dẫn xuất; bảng hiện tại được giữ nguyên."),
    ),
    "model_killed": (
        N_("Tiến trình chạy mô hình đã chết {times} lần nên không chạy lại nữa; bảng hiện tại được giữ nguyên."),
        N_("Thường do hết bộ nhớ: lọc và gộp trước khi nối, bớt các giá trị rất dài; rồi lưu lại mô hình."),
    ),
    "model_empty": (
        N_("Mô hình không cho dòng nào; bảng hiện tại được giữ nguyên."),
        N_("Xem lại điều kiện lọc và phép nối của câu SQL."),
    ),
    "model_class": (
        N_("Cột có phân loại thấp hơn cột mà nó được tính ra: {columns}."),
        N_("Nâng phân loại của cột trong hợp đồng, hoặc ghi lý do ở trang Mô hình (nội bộ)."),
    ),
    "unexpected": (
        N_("Lượt nạp dừng vì lỗi của hệ thống; bảng hiện tại được giữ nguyên."),
        N_("Nạp lại; nếu vẫn lỗi, báo quản trị kèm mã lượt nạp."),
    ),
}
OUTSIDE = frozenset({
    "source_down", "source_file_missing", "source_slow", "source_host", "source_refused", "source_timeout",
    "rest_down",
})  # fmt: skip

REASONS: Mapping[str, str] = {
    "erased": N_("Đã xóa theo quyết định, không nhận lại"),
    "cells": N_("Số ô không đúng: có {found} ô, cần {expected} ô"),
    "missing": N_("Thiếu giá trị bắt buộc"),
    "integer": N_("Không phải số nguyên"),
    "decimal": N_("Không phải số"),
    "date": N_("Không phải ngày hợp lệ (dd/mm/yyyy)"),
    "datetime": N_("Không phải thời điểm hợp lệ (dd/mm/yyyy giờ:phút)"),
    "boolean": N_("Không phải có hoặc không"),
    "commune": N_("Mã xã, phường không có trong danh mục"),
    "pattern": N_("Không đúng mẫu quy định"),
    "minimum": N_("Nhỏ hơn mức tối thiểu"),
    "maximum": N_("Lớn hơn mức tối đa"),
    "allowed": N_("Không thuộc danh sách giá trị cho phép"),
    "codelist": N_("Mã {code} không có trong danh mục “{list}” ngày {day}"),
    "codeended": N_("Mã {code} của danh mục “{list}” hết hiệu lực từ {until}; dòng này tính ngày {day}"),
    "codemoved": N_("Mã {code} của danh mục “{list}” hết hiệu lực từ {until}, nay là {heirs}"),
    "codeearly": N_("Mã {code} của danh mục “{list}” chỉ có hiệu lực từ {since}; dòng này tính ngày {day}"),
    "codenone": N_("Danh mục “{list}” chưa có phiên bản nào cho ngày {day}"),
    "duplicate": N_("Trùng khóa với dòng {keeps}; dòng {keeps} được giữ"),
    "taken": N_("Trùng khóa với dòng cùng tệp đã được nhận, hoặc với bản ghi mới hơn"),
}
SHORT_REASONS: Mapping[str, str] = {
    "cells": N_("Số ô không đúng"),
    "duplicate": N_("Trùng khóa"),
    "codelist": N_("Mã không có hiệu lực trong danh mục dùng chung"),
}
"""For counts over many rows, where the reason's own numbers would differ."""


def fault(code: str, **params: Any) -> NganamError:
    """Return the typed error for ``code``: ``Unavailable`` when the outside is down, else ``Invalid``."""
    params = {name: _kept(value) for name, value in params.items()}
    message, hint = describe(code, params)
    kind = Unavailable if code in OUTSIDE else Invalid
    return kind(message, hint=hint, details={"fault": code, "params": params})


def _kept(value: Any) -> Any:
    """Return a parameter as a row can hold it: names from a file or an answer may have a zero byte or half a sign."""
    if isinstance(value, list | tuple):
        return [_kept(one) for one in value]
    return value.replace("\0", "").encode(errors="replace").decode() if isinstance(value, str) else value


def describe(code: str, params: Mapping[str, Any], translate: Translate = str) -> tuple[str, str]:
    """Return message and hint of a file fault in the reader's language."""
    message, hint = FILE_FAULTS.get(code, FILE_FAULTS["unexpected"])
    words = _Words(params)
    return translate(message).format_map(words), translate(hint).format_map(words)


def reason(code: str, params: Mapping[str, Any], translate: Translate = str) -> str:
    """Return why a row was rejected, in the reader's language."""
    return translate(REASONS[code]).format_map(_Words(params)) if code in REASONS else code


def short_reason(code: str, translate: Translate = str) -> str:
    """Return a reason without the numbers of one row."""
    return translate(SHORT_REASONS[code]) if code in SHORT_REASONS else reason(code, {}, translate)


class _Words(dict[str, str]):
    """Parameters as words: lists are joined, an absent one is a dash, so a message never fails to be made."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__({name: _word(value) for name, value in params.items()})

    def __missing__(self, key: str) -> str:
        return "–"


def _word(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
