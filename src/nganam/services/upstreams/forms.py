"""Form of an agency's system: how it is reached, what may be done there, what it answers."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from nganam.catalogue.models import SharedDatabase
from nganam.services.models import Upstream
from nganam.services.upstreams import reading

AREA = {"rows": 6, "spellcheck": "false"}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})


class UpstreamForm(forms.ModelForm):  # type: ignore[type-arg]
    """One system; its lists are typed line by line, or read from an OpenAPI document."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    endpoints = forms.CharField(
        label=_("Địa chỉ"), widget=_area(3),
        help_text=_(
            "Mỗi dòng một địa chỉ, ví dụ https://api.so.tinh.example/v1. "
            "Nhiều địa chỉ: cổng chia đều và bỏ qua nơi lỗi."
        ),
    )  # fmt: skip
    document = forms.FileField(
        label=_("Tài liệu OpenAPI 3"), required=False,
        help_text=_("JSON hoặc YAML; thao tác và mục tin được đọc từ tài liệu, thay cho hai ô dưới."),
    )  # fmt: skip
    operations = forms.CharField(
        label=_("Thao tác"), required=False, widget=_area(6),
        help_text=_(
            "Mỗi dòng: GET /cong-dan/* -> /citizens/* ? ma_xa, limit. "
            "Dấu * là một phần đường dẫn, ** ở cuối là phần còn lại; "
            "sau -> là đường dẫn ở hệ thống nếu khác; sau ? là các tham số được nhận."
        ),
    )  # fmt: skip
    columns = forms.CharField(
        label=_("Mục tin trong câu trả lời"), required=False, widget=_area(6),
        help_text=_("Mỗi dòng: ho_ten | Họ và tên | text | cá nhân. Mục bên trong nối bằng dấu chấm: dia_chi.thon."),
    )  # fmt: skip
    records = forms.CharField(
        label=_("Nơi có bản ghi"), required=False, max_length=120,
        help_text=_("Đường dẫn tới bản ghi trong JSON, ví dụ data.items; trống nếu cả câu trả lời là bản ghi."),
    )  # fmt: skip
    envelope = forms.CharField(
        label=_("Mục giữ lại quanh bản ghi"), required=False, max_length=300,
        help_text=_("Ngăn cách bằng dấu phẩy, ví dụ total, next; chỉ giá trị đơn."),
    )  # fmt: skip
    soap = forms.CharField(
        label=_("Mặt JSON của thao tác SOAP (YAML)"), required=False, widget=_area(4),
        help_text=_("Mỗi mục: operation, action, namespace, element, parameters, records; xem tài liệu exchange.md."),
    )  # fmt: skip
    headers = forms.CharField(
        label=_("Đầu mục gửi kèm"), required=False, widget=_area(3),
        help_text=_(
            "Mỗi dòng Tên: giá trị; dùng được {consumer}, {message_id}, {user_id}, {issue}, {request_id}. "
            "Không ghi khóa ở đây."
        ),
    )  # fmt: skip
    field_order = (
        "title", "database", "endpoints", "answers", "document", "operations", "columns", "records", "envelope", "soap",
        "headers",
    )  # fmt: skip

    class Meta:
        """Settings that are columns of their own."""

        model = Upstream
        fields = (
            "title", "database", "answers", "credential_header", "credential_prefix", "ca", "timeout_seconds",
            "concurrent", "failures", "health_path", "large",
        )  # fmt: skip
        widgets = {"ca": forms.Textarea(attrs=AREA)}

    def __init__(self, *args: Any, agency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owned: Any = self.fields["database"]
        owned.queryset, owned.to_field_name = SharedDatabase.objects.filter(owner__code=agency), "code"
        self.fields["credential_header"].help_text = _(
            "Ví dụ Authorization hoặc X-API-Key; khóa đặt ở trang riêng sau khi lưu, trống nếu hệ thống không cần khóa."
        )
        self.fields["credential_prefix"].strip = False  # type: ignore[attr-defined]
        for name, (least, most) in {"timeout_seconds": (1, 60), "concurrent": (1, 1000), "failures": (1, 100)}.items():
            self.fields[name] = forms.IntegerField(
                label=self.fields[name].label, min_value=least, max_value=most, initial=self.fields[name].initial
            )
        if self.instance.pk:
            self._show(self.instance)

    def _show(self, found: Upstream) -> None:
        self.initial.update(reading.written(found))
        self.initial["version"] = found.version
        self.initial["database"] = found.database.code if found.database else ""

    @property
    def seen(self) -> int | None:
        """Return the version of the system that the form was filled from."""
        found: int | None = self.cleaned_data["version"]
        return found

    def clean(self) -> dict[str, Any]:
        """Read the typed lines, or the document in their place."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        contract = self._document(found.get("document")) or {
            "operations": self._read("operations", reading.read_operations, []),
            "columns": self._read("columns", reading.read_columns, []),
            "records": found.get("records", "").strip(". "),
            "envelope": [one.strip() for one in found.get("envelope", "").split(",") if one.strip()],
        }
        if not self.errors and not contract["operations"]:
            self.add_error("operations", _("Ghi ít nhất một thao tác, hoặc tải tài liệu OpenAPI."))
        contract["soap"] = self._read("soap", reading.read_soap, [])
        found["contract"] = contract
        found["headers"] = self._read("headers", reading.read_headers, {})
        found["endpoints"] = found.get("endpoints", "").split()
        self._check_header(found)
        return found

    def _check_header(self, found: dict[str, Any]) -> None:
        name = found.get("credential_header", "")
        if name and (not reading.HEADER.match(name) or name.lower() in reading.RESERVED_HEADERS):
            self.add_error("credential_header", _("Không mang khóa trong đầu mục này được."))
        found["credential_header"] = name.lower()

    def _document(self, file: UploadedFile[bytes] | None) -> dict[str, Any] | None:
        if file is None:
            return None
        try:
            return reading.read_document(file.read(reading.MOST_BYTES + 1))
        except ValueError as error:
            self.add_error("document", str(error))
            return {"operations": [], "columns": [], "records": "", "envelope": []}

    def _read(self, name: str, read: Any, otherwise: Any) -> Any:
        try:
            return read(self.cleaned_data.get(name, ""))
        except ValueError as error:
            self.add_error(name, str(error))
            return otherwise

    def values(self) -> dict[str, Any]:
        """Return the settings as the operations take them."""
        names = (*self.Meta.fields, "contract", "headers", "endpoints")
        return {name: self.cleaned_data[name] for name in names}
