"""Forms of the public page of letters."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _


class TokenForm(forms.Form):
    """The code printed under the QR code."""

    ma = forms.RegexField(
        label=_("Mã xác minh"),
        regex=r"^[a-z2-7]{26}$",
        max_length=80,
        help_text=_("26 chữ cái và chữ số, in dưới mã QR của văn bản, sau /xac-minh/."),
        error_messages={"invalid": _("Mã xác minh gồm đúng 26 chữ cái a–z và chữ số 2–7.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__({**data.dict(), "ma": _bare(data.get("ma", ""))} if data is not None else None)


def _bare(text: str) -> str:
    """Take what people type or paste: spaces, capitals, the whole address."""
    return "".join(text.split()).lower().rstrip("/").rpartition("/")[2]


class CopyForm(forms.Form):
    """A copy of the letter to compare."""

    file = forms.FileField(label=_("Tệp PDF bạn có"), widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}))

    def __init__(self, *args: Any, limit: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit

    def clean_file(self) -> "UploadedFile[Any]":
        """Refuse a file that is too large or empty of what a PDF begins with."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > self.limit:
            raise forms.ValidationError(_now("Tệp lớn hơn mức cho phép. Chọn bản PDF tải từ nền tảng."))
        head = file.read(5)
        file.seek(0)
        if head != b"%PDF-":
            raise forms.ValidationError(_now("Tệp này không phải PDF; chỉ bản PDF mới đối chiếu được."))
        return file
