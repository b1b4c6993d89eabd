"""Local choices of the warehouse in days (nội bộ): shown and changed where all local terms are, ``/lich-lam-viec/``."""

from nganam.deadlines.terms import LocalDefault, span

FILES = LocalDefault(
    "warehouse_files", 30, "Giữ tệp tạo từ một phiên bản kể từ lần tải cuối", "Keep a file of a version unused", "days"
)
__all__ = ["FILES", "span"]
