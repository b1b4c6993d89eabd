"""Check the hash chain of the audit record from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nganam.audit.queries import verify_chain


class Command(BaseCommand):
    """Kiểm tra chuỗi băm của nhật ký."""

    help = "Kiểm tra chuỗi băm của nhật ký; thoát khác 0 khi có mục bị sửa, xóa, cắt hoặc chèn."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print the finding; raise when the chain does not hold."""
        found = verify_chain()
        if not found.ok:
            raise CommandError(found.message)
        self.stdout.write(found.message)
