"""Every ``NGANAM_…`` variable an operator may set: what the generated ``docs/settings.md`` shows.

A test compares the list with what the code reads.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable without its prefix, its default in words, and what it does."""

    name: str
    default: str
    vi: str
    en: str


VARIABLES: tuple[Variable, ...] = (
    Variable("DATA", "`var` (demo: `var/demo`)", "Thư mục của mọi thứ nền tảng ghi ra", "Folder of everything written"),
    Variable(
        "DATABASE_URL",
        "`sqlite:///nganam.sqlite3`",
        "Cơ sở dữ liệu: `sqlite:///tệp` (trong thư mục dữ liệu) hoặc `postgresql://người:mật-khẩu@máy:cổng/tên`",
        "Database: SQLite file in the data folder, or PostgreSQL",
    ),
    Variable("HOST", "`127.0.0.1`", "Địa chỉ trang web lắng nghe", "Address the web server listens on"),
    Variable("PORT_WEB", "`8600`", "Cổng trang web", "Port of the web server"),
    Variable("PORT_GATEWAY", "`8700`", "Cổng LGSP", "Port of the LGSP gateway"),
    Variable("PORT_SERVING", "`8710`", "Cổng máy chủ dữ liệu (chỉ trong máy)", "Port of the data server (loopback)"),
    Variable(
        "PORT_GATEWAY_TLS",
        "`8743` (cổng LGSP + 43)",
        "Cổng TLS của LGSP, nhận chứng thư của ứng dụng",
        "TLS port of the gateway, where clients may show certificates",
    ),
    Variable(
        "NODES",
        "`1`",
        "Số cổng LGSP và số máy chủ dữ liệu; nút thứ hai dùng cổng kế tiếp (8701, 8711), nút thứ ba cổng sau nữa",
        "How many gateways and data servers run; each further one takes the next port",
    ),
    Variable("GATEWAY_HOST", "`127.0.0.1`", "Địa chỉ LGSP lắng nghe", "Address the gateway listens on"),
    Variable(
        "PUBLIC_URL",
        "`http://127.0.0.1:8600`",
        "Địa chỉ công khai của trang web, dùng trong thư và tài liệu máy đọc",
        "Public address of the web pages",
    ),
    Variable("GATEWAY_URL", "`http://127.0.0.1:8700`", "Địa chỉ công khai của LGSP", "Public address of the gateway"),
    Variable(
        "GATEWAY_TLS_URL",
        "`https://127.0.0.1:8743`",
        "Địa chỉ công khai của LGSP qua TLS; tên miền vào chứng thư của cổng",
        "Public TLS address of the gateway; its name stands in the gateway's certificate",
    ),
    Variable(
        "SERVING_URL", "`http://127.0.0.1:8710`", "Địa chỉ máy chủ dữ liệu, nhìn từ LGSP", "Data server, from the LGSP"
    ),
    Variable("HOSTS", "`localhost,127.0.0.1,[::1]`", "Tên miền được phục vụ, cách nhau dấu phẩy", "Host names served"),
    Variable("ORIGINS", "trống", "Nguồn HTTPS được gửi biểu mẫu, sau proxy", "Trusted origins behind a proxy"),
    Variable("HTTPS", "`0`", "`1` khi người dùng vào bằng HTTPS: cookie chỉ đi trên HTTPS", "Secure cookies"),
    Variable("SECRET_KEY", "tự sinh trong thư mục dữ liệu", "Khóa ký phiên đăng nhập", "Signing key"),
    Variable("DEBUG", "`0`", "`1` chỉ khi phát triển: hiện lỗi đầy đủ", "Development only: full error pages"),
    Variable(
        "DEMO",
        "`0`",
        "`1`: đánh dấu mọi trang là tỉnh mẫu (lệnh demo tự đặt); tệp `demo-data` trong thư mục dữ liệu cũng vậy",
        "Marks pages as the demo, as the file `demo-data` in the data folder does",
    ),
    Variable(
        "EVIDENCE_FREE_MB",
        "`256`",
        "Dung lượng đĩa (MB) luôn phải còn trống; ít hơn thì LGSP từ chối cuộc gọi (503) thay vì mất nhật ký",
        "Disk space in MB that must stay free; below it the gateway refuses calls rather than lose its log",
    ),
    Variable(
        "TSA_URL",
        "trống",
        "Máy chủ cấp dấu thời gian (RFC 3161) cho điểm kiểm tra",
        "Timestamp authority for checkpoints",
    ),
    Variable(
        "TSA_CERTIFICATES",
        "trống",
        "Tệp PEM chứng thư gốc của máy chủ dấu thời gian, để `lgsp verify` kiểm tra dấu",
        "PEM file of the authority's root certificates, for `lgsp verify`",
    ),
    Variable(
        "UPSTREAM_NETWORKS",
        "trống",
        "Mạng riêng mà cổng được gọi hệ thống của cơ quan và gửi thông báo tới, ví dụ `10.0.0.0/8`",
        "Private networks in which the gateway may call agencies' systems and send notices",
    ),
    Variable(
        "WAREHOUSE_NETWORKS",
        "trống",
        "Mạng riêng có máy chủ cơ sở dữ liệu mà cán bộ được nhập ở trang nguồn của kho, ví dụ `10.1.2.0/24`",
        "Private networks of database servers that officers may enter as sources of the warehouse",
    ),
    Variable(
        "METRICS_TOKEN",
        "trống: không ai đọc được",
        "Mã mà Prometheus gửi (`Authorization: Bearer …`) để đọc `/lgsp/metrics`; ít nhất 32 ký tự",
        "Token by which Prometheus reads `/lgsp/metrics`, 32 characters at least; empty: nobody may",
    ),
    Variable(
        "GATEWAY_PROXIES",
        "trống: không tin ai",
        "Mạng của các proxy đứng trước LGSP, ví dụ `127.0.0.1/32, 10.0.0.5/32`: chỉ tin `X-Forwarded-For` của chúng",
        "Networks of the proxies before the gateway; only their `X-Forwarded-For` is believed. Empty: nobody's",
    ),
    Variable(
        "OTLP_ENDPOINT",
        "trống: không ghi vết",
        "Nơi nhận vết OpenTelemetry của cổng (OTLP/HTTP), ví dụ `http://127.0.0.1:4318`",
        "Where the gateway sends OpenTelemetry traces (OTLP/HTTP); empty: no tracing",
    ),
    Variable("OTLP_PERCENT", "`100`", "Bao nhiêu phần trăm cuộc gọi được ghi vết", "Per cent of calls that are traced"),
    Variable("INSTANCE", "`VN`", "Mã phiên bản X-Road trong đường dẫn LGSP", "Instance code in LGSP paths"),
    Variable("MAIL_BACKEND", "ghi ra tệp", "Lớp gửi thư của Django", "Django mail backend"),
    Variable("MAIL_FROM", "`khong-tra-loi@nganam.invalid`", "Địa chỉ gửi thư", "Sender of mail"),
    Variable(
        "SMALLEST_GROUP",
        "`5`",
        "Số liệu tổng hợp của dịch vụ không nói về nhóm ít bản ghi hơn số này (nội bộ)",
        "Aggregates of services tell nothing of groups with fewer records than this (a local choice)",
    ),
    Variable("UPLOAD_LIMIT_MB", "`100`", "Giới hạn tệp tải lên, MB", "Upload limit in MB"),
    Variable(
        "TRUST",
        "`trust` trong thư mục dữ liệu",
        "Thư mục chứng thư gốc (`.pem`, `.crt`, `.cer`) để đối chiếu chữ ký số trên PDF; trống: không tin chữ ký nào",
        "Folder of root certificates that PDF signatures are checked against; when empty, none is trusted",
    ),
    Variable("WEB_WORKERS", "số nhân, tối đa 8", "Số tiến trình web", "Web worker processes"),
    Variable("WEB_THREADS", "`2`", "Số luồng mỗi tiến trình web", "Threads per web worker"),
    Variable("SERVING_WORKERS", "`1`", "Số tiến trình máy chủ dữ liệu", "Data server processes"),
    Variable(
        "ADMIN_PASSWORD",
        "hỏi khi chạy",
        "Mật khẩu cho `./nganam createadmin` khi không có bàn phím",
        "Password for createadmin without a terminal",
    ),
    Variable(
        "SOURCES_DIR",
        "`sources` trong thư mục dữ liệu",
        "Thư mục duy nhất mà nguồn dạng tệp và SQLite được đọc từ đó",
        "The one folder that file and SQLite sources may be read from",
    ),
)
