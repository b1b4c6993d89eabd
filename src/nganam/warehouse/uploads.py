"""Receiving large files: streamed to disk, and never more of them than the limit."""

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes at most one byte more than the limit: enough to know the file is too large, not enough to fill the disk.

    The rest is read and dropped, so that the browser gets the page that says so instead of a broken connection.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write a chunk, or what of it is still within the limit."""
        room = settings.NGANAM_UPLOAD_LIMIT + 1 - start
        return super().receive_data_chunk(raw_data[:room], start) if room > 0 else None
