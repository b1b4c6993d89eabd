"""Forms of the room: shape only; what a list or a file may say is for the operations."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.codelists.models import CodeList, CodeListVersion


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a list is; its codes come by file."""

    code = forms.SlugField(
        label=_("Mã danh mục"), max_length=63, required=False,
        help_text=_("Để trống sẽ đặt theo tên. Là địa chỉ của danh mục, không đổi được sau này."),
    )  # fmt: skip

    class Meta:
        """Fields of the page, in its order."""

        model = CodeList
        fields = ("title", "title_en", "code", "kind", "basis", "description", "description_en", "keeping")
        widgets: ClassVar[dict[str, Any]] = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "description_en": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "basis": _("Văn bản ban hành danh mục. Không có văn bản thì chọn loại nội bộ của tỉnh."),
            "keeping": _("Đơn vị hành chính đã có sổ riêng thì lấy từ đó, không nhập lần nữa."),
        }

    def _post_clean(self) -> None:
        """Leave uniqueness to the operation, which says what to do."""


class ImportForm(forms.ModelForm):  # type: ignore[type-arg]
    """A file with the codes of the next version, and when it holds."""

    file = forms.FileField(
        label=_("Tệp mã"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
        error_messages={"required": _("Chọn tệp để nhập."), "missing": _("Chọn tệp để nhập.")},
    )  # fmt: skip
    field_order = ("file",)

    class Meta:
        """Fields of the page."""

        model = CodeListVersion
        fields = ("valid_from", "valid_until", "paper", "note")
        widgets: ClassVar[dict[str, Any]] = {
            "valid_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "valid_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "valid_from": _("Đính chính một phiên bản: ghi đúng ngày hiệu lực của phiên bản đó."),
            "valid_until": _("Chỉ ghi khi danh mục thôi dùng từ ngày đó; phiên bản sau tự kết thúc phiên bản trước."),
            "paper": _("Số, ngày, cơ quan ban hành."),
        }

    def _post_clean(self) -> None:
        """Leave the days to the operation, which says what to do."""
