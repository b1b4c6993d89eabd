"""The form of a JSON API as a source."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from nganam.warehouse import apis
from nganam.warehouse.api_models import AuthKind, PagingKind
from nganam.warehouse.apis import Said
from nganam.warehouse.forms import unsaved
from nganam.warehouse.models import Source


class ApiForm(forms.Form):
    """A JSON API as a source: where, how pages follow each other, how a call proves who it is."""

    name = forms.CharField(label=_("Tên nguồn"), max_length=200)
    system = forms.CharField(label=_("Hệ thống thông tin"), max_length=200, required=False)
    address = forms.CharField(
        label=_("Địa chỉ"), max_length=300,
        help_text=_(
            "Không kèm tham số, ví dụ https://api.so.tinh.example/co-so. Mạng riêng thì người vận hành phải cho phép "
            "trước."
        ),
    )  # fmt: skip
    params = forms.CharField(
        label=_("Tham số cố định"), required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Mỗi dòng một tham số dạng tên=giá trị. Không ghi khóa ở đây."),
    )  # fmt: skip
    records = forms.CharField(
        label=_("Chỗ của danh sách bản ghi"), max_length=200, required=False,
        help_text=_("Ví dụ data.items. Để trống: kho tự tìm khi câu trả lời chỉ có một danh sách."),
    )  # fmt: skip
    paging = forms.ChoiceField(label=_("Cách chia trang"), choices=PagingKind.choices)
    param = forms.CharField(
        label=_("Tham số của trang"), max_length=100, required=False,
        help_text=_("Tên tham số nhận số trang, vị trí hoặc con trỏ, ví dụ page, offset, after."),
    )  # fmt: skip
    first = forms.IntegerField(
        label=_("Trang hoặc vị trí đầu tiên"), min_value=0, max_value=10**9, required=False,
        help_text=_("Để trống: trang từ 1, vị trí từ 0."),
    )  # fmt: skip
    size_param = forms.CharField(label=_("Tham số cỡ trang"), max_length=100, required=False)
    size = forms.IntegerField(label=_("Cỡ trang"), min_value=1, max_value=100_000, required=False)
    next_path = forms.CharField(
        label=_("Chỗ của con trỏ hoặc địa chỉ trang sau"), max_length=200, required=False,
        help_text=_("Ví dụ meta.next. Chỉ dùng khi con trỏ hoặc địa chỉ nằm trong câu trả lời."),
    )  # fmt: skip
    auth = forms.ChoiceField(label=_("Cách xác thực"), choices=AuthKind.choices)
    auth_name = forms.CharField(
        label=_("Tên đầu mục hoặc tên đăng nhập"), max_length=128, required=False, widget=unsaved(forms.TextInput)
    )
    secret = forms.CharField(
        label=_("Khóa hoặc mật khẩu"), max_length=2000, required=False, strip=False,
        widget=unsaved(forms.PasswordInput),
        help_text=_(
            "Được giữ mã hóa, không hiện lại. Khi sửa: để trống là giữ khóa cũ; đổi máy chủ hoặc cách xác thực thì "
            "nhập lại."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("param", "next_path", "auth_name", "secret"):
            self.fields[name].wanted = True  # type: ignore[attr-defined]  # some ways need it

    def clean_params(self) -> tuple[tuple[str, str], ...]:
        """Return the lines as pairs; refuse one without a name or a sign between."""
        lines = [one.strip() for one in self.cleaned_data["params"].splitlines() if one.strip()]
        pairs = [tuple(part.strip() for part in one.split("=", 1)) for one in lines]
        if any(len(one) < 2 or not one[0] for one in pairs):  # noqa: PLR2004 - name and value
            raise forms.ValidationError(_now("Mỗi dòng một tham số dạng tên=giá trị."))
        return tuple((one[0], one[1]) for one in pairs)

    def values(self) -> dict[str, Any]:
        """Return what an operation takes."""
        said = self.cleaned_data
        first = said["first"] if said["first"] is not None else int(said["paging"] != PagingKind.OFFSET)
        more = {name: said[name] for name in said if name not in {"name", "system"}}
        api = Said(**{**more, "first": first, "size": said["size"] or 0})
        return {"name": said["name"], "system": said["system"], "said": api}


def initial_api(source: Source) -> dict[str, Any]:
    """Return a declared API as its form takes it; the key is in no form."""
    said = asdict(apis.told(source)) | {"name": source.name, "system": source.system}
    return said | {"secret": "", "size": said["size"] or None, "params": "\n".join(map("=".join, said["params"]))}
