"""Forms of platforms beyond the province. What is not known of a platform stays empty."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.beyond import needs, queries
from nganam.lgsp.beyond.models import BeyondService, Platform
from nganam.lgsp.beyond.operations import SETTINGS
from nganam.lgsp.snapshots.forms import ReasonForm
from nganam.services.upstreams import reading
from nganam.sharing.models import Application

UNKNOWN = _("Để trống: chưa biết.")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})


def _version() -> forms.IntegerField:
    """Return the field that carries which version a form was filled from."""
    return forms.IntegerField(required=False, widget=forms.HiddenInput)


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a platform."""

    version = _version()

    endpoints = forms.CharField(
        label=_("Địa chỉ"), widget=_area(2), required=False, max_length=2500,
        help_text=_("Mỗi dòng một địa chỉ https. Để trống: chưa biết."),
    )  # fmt: skip

    class Meta:
        """Settings that are columns of their own."""

        model = Platform
        fields = SETTINGS
        widgets: ClassVar[dict[str, Any]] = {"ca": _area(4), "incoming_ca": _area(4), "note": _area(3)}
        help_texts: ClassVar[dict[str, Any]] = {
            "instance": _("Phần đầu định danh X-Road của nền tảng, cũng là phần đầu địa chỉ trên cổng của tỉnh. "
                          "Để trống: chưa biết."),
            "ca": UNKNOWN,
            "client": _("Dạng INSTANCE/CLASS/MEMBER/SUBSYSTEM, do nền tảng cấp. Để trống: chưa biết."),
            "token_url": _("Chỉ với kiểu OAuth. Để trống: chưa biết."),
            "client_id": _("Chỉ với kiểu OAuth; mã bí mật đặt ở trang riêng. Để trống: chưa biết."),
            "proof": _("Chỉ với kiểu OAuth. Để trống: chưa biết."),
            "incoming_host": _("Tên riêng trên cổng TLS của tỉnh, ví dụ vao.lgsp.tinh.gov.vn. Để trống: chưa biết."),
            "incoming_ca": _("Chỉ tin khi gọi vào tên miền trên. Để trống: chưa biết."),
            "incoming_naming": UNKNOWN,
            "incoming_platform": _("Ghi khi chính nền tảng kết nối thay thành viên: bên gọi khi đó là X-Road-Client. "
                                   "Để trống: mỗi thành viên kết nối bằng chứng thư của mình."),
            "note": _("Văn bản, thư, cuộc họp nơi biết các giá trị trên."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["endpoints"] = "\n".join(self.instance.endpoints)
            self.initial["version"] = self.instance.version

    def clean_endpoints(self) -> list[str]:
        """Read the lines."""
        return str(self.cleaned_data["endpoints"]).split()

    @property
    def seen(self) -> int | None:
        """Return the version of the platform that the form was filled from."""
        found: int | None = self.cleaned_data["version"]
        return found

    def values(self) -> dict[str, Any]:
        """Return the settings as the operations take them."""
        return {name: self.cleaned_data[name] for name in SETTINGS}


class PairForm(forms.Form):
    """The certificate the platform's authority has signed for us, and its key; files are never shown again."""

    chain = forms.FileField(label=_("Chứng thư (PEM, kèm chuỗi)"))
    key = forms.FileField(label=_("Khóa riêng (PEM, không mật khẩu)"))

    def _text(self, name: str) -> str:
        text: str = self.cleaned_data[name].read(64_000).decode("utf-8", "replace")
        return text

    def texts(self) -> dict[str, str]:
        """Return both files as text."""
        return {name: self._text(name) for name in ("chain", "key")}


class SecretForm(forms.Form):
    """The secret the platform has given us; it is never shown again, not even in a refused form."""

    value = forms.CharField(
        label=_("Mã bí mật"), max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Giữ trong tệp riêng của máy chủ và không bao giờ hiện lại."),
    )  # fmt: skip


class DirectionForm(ReasonForm):
    """Which direction goes live or stops, and why."""

    direction = forms.ChoiceField(choices=list(needs.DIRECTIONS.items()), label=_("Chiều kết nối"))


class OperationsForm(forms.Form):
    """Which operations of a service are passed on, and how often."""

    version = _version()
    operations = forms.CharField(
        label=_("Thao tác"), required=False, widget=_area(6), max_length=20_000,
        help_text=_("Mỗi dòng: GET /doanh-nghiep/*. Dấu * là một phần đường dẫn, ** ở cuối là phần còn lại."),
    )  # fmt: skip
    document = forms.FileField(
        label=_("Tài liệu OpenAPI 3"), required=False,
        help_text=_("JSON hoặc YAML; thao tác được đọc từ tài liệu, thay cho ô trên."),
    )  # fmt: skip
    base = forms.CharField(
        label=_("Đường dẫn tại nền tảng"), required=False, max_length=300,
        help_text=_("Chỉ với kiểu OAuth, ví dụ /dkdn/v1; X-Road dùng định danh."),
    )  # fmt: skip
    rate_per_minute = forms.IntegerField(
        label=_("Giới hạn cuộc gọi mỗi phút"), min_value=1, max_value=100_000, initial=600, required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read the lines, or the document in their place."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        file = found.pop("document", None)
        try:
            found["operations"] = (
                reading.read_document(file.read(reading.MOST_BYTES + 1))["operations"] if file
                else reading.read_operations(found.get("operations", ""))
            )  # fmt: skip
        except ValueError as error:
            self.add_error("document" if file else "operations", str(error))
        found["rate_per_minute"] = found.get("rate_per_minute") or 600
        return found

    @staticmethod
    def shown(service: BeyondService) -> dict[str, Any]:
        """Return what the form begins with for a service."""
        lines = reading.write_operations(service.operations)
        return {
            "operations": lines, "base": service.base, "rate_per_minute": service.rate_per_minute,
            "version": service.version,
        }  # fmt: skip


class EnterForm(OperationsForm):
    """A listed outside service that is to be called through the gateway."""

    external: Any = forms.ModelChoiceField(queryset=None, to_field_name="code", label=_("Dịch vụ ngoài tỉnh"))
    identifier = forms.CharField(
        label=_("Định danh (CLASS/MEMBER/SUBSYSTEM/SERVICE)"), max_length=200,
        help_text=_("Tên dịch vụ tại nền tảng; trên cổng của tỉnh địa chỉ là /r1/INSTANCE/ và định danh này."),
    )  # fmt: skip
    version = None  # type: ignore[assignment]  # nothing was there to be filled from
    field_order = ("external", "identifier", "operations", "document", "base", "rate_per_minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        external: Any = self.fields["external"]
        external.queryset = queries.enterable()


class AccessForm(forms.Form):
    """Whose approved proposal opens which service."""

    service: Any = forms.ModelChoiceField(queryset=None, to_field_name="code", label=_("Dịch vụ"))
    outbound: Any = forms.ModelChoiceField(queryset=None, to_field_name="code", label=_("Đề xuất đã được chấp thuận"))

    def __init__(self, *args: Any, platform: Platform, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service: Any = self.fields["service"]
        outbound: Any = self.fields["outbound"]
        service.queryset, outbound.queryset = queries.services_of(platform), queries.openable(platform)


class MemberForm(forms.Form):
    """Which application of an outside agency calls in, and by which name."""

    application = forms.ChoiceField(label=_("Ứng dụng của cơ quan ngoài tỉnh"))
    client = forms.CharField(
        label=_("Định danh tại nền tảng (X-Road-Client)"), max_length=200,
        help_text=_("Dạng INSTANCE/CLASS/MEMBER/SUBSYSTEM."),
    )  # fmt: skip
    named = forms.CharField(
        label=_("Tên trong chứng thư"), max_length=300, required=False,
        help_text=_("Đúng từng chữ như trong chứng thư; bỏ trống khi chính nền tảng kết nối."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = {one.subject: one for one in queries.admissible()}
        choice: Any = self.fields["application"]
        choice.choices = [(subject, f"{subject} {one.name}") for subject, one in self._known.items()]

    def clean_application(self) -> Application:
        """Return the application that was chosen."""
        return self._known[self.cleaned_data["application"]]


class SubsystemForm(forms.Form):
    """Of which subsystem the platform is asked what it offers."""

    subsystem = forms.CharField(
        label=_("Phân hệ (CLASS/MEMBER/SUBSYSTEM)"), max_length=200,
        help_text=_("Cổng hỏi nền tảng bằng listMethods và getOpenAPI."),
    )  # fmt: skip


class RequestForm(forms.Form):
    """A certificate request for the application's own key."""

    csr = forms.CharField(
        label=_("Yêu cầu cấp chứng thư (CSR, PEM)"), max_length=16_384, widget=_area(5),
        help_text=_("Khóa EC P-256, P-384 hoặc Ed25519. Tên trong CSR không được dùng: chứng thư mang tên ứng dụng."),
    )  # fmt: skip
