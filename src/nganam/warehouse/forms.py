"""Forms of the warehouse: a source, a table with its columns, a file."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from nganam.face.reaching import LARGEST_PORT
from nganam.kernel.errors import Invalid
from nganam.kernel.text import slug
from nganam.warehouse.connecting import Entered
from nganam.warehouse.engine import contract as contracts
from nganam.warehouse.engine import letters
from nganam.warehouse.engine.manner import DELIMITERS, MOST_LINE, Asked
from nganam.warehouse.erasure_models import Basis
from nganam.warehouse.models import FILE_KINDS, SIGN_NAMES, Load, Source, SourceKind, Table

MOST_COLUMNS = 300
COMPARE_DAYS = 7
TYPE_LABELS = {
    "text": _("Chữ, mã số"),
    "integer": _("Số nguyên"),
    "decimal": _("Số thập phân"),
    "date": _("Ngày"),
    "datetime": _("Ngày giờ"),
    "boolean": _("Có / không"),
    "commune": _("Mã xã, phường"),
}


CLASS_LABELS = {
    "open": _("Dữ liệu mở"),
    "shared": _("Dữ liệu dùng chung"),
    "personal": _("Cá nhân cơ bản"),
    "sensitive": _("Cá nhân nhạy cảm"),
}
FIND = ("", _("Tự nhận"))
ENCODING_CHOICES = (
    FIND, ("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1258", "Windows-1258"), *letters.NAMES.items(),
)  # fmt: skip
# A browser sends a tab as it is, but strips it from what it shows as chosen.
DELIMITER_CHOICES = (FIND, *(("tab" if sign == "\t" else sign, SIGN_NAMES[sign]) for sign in DELIMITERS))


WAYS = (
    ("ref", _("Biến môi trường do quản trị đặt, hoặc tệp trong thư mục nguồn")),
    ("entered", _("Nhập máy chủ và mật khẩu ở đây; mật khẩu được giữ mã hóa")),
)


def unsaved(widget: type[forms.TextInput | forms.PasswordInput]) -> forms.Widget:
    """Return an input that browsers are not to fill with the officer's own account."""
    return widget(attrs={"autocomplete": "new-password", "spellcheck": "false", "autocapitalize": "none"})


TYPED = [one for one in SourceKind.choices if one[0] != SourceKind.REST]
"""A JSON API has a form of its own."""


class SourceForm(forms.Form):
    """Where an agency's data comes from."""

    name = forms.CharField(label=_("Tên nguồn"), max_length=200)
    kind = forms.ChoiceField(label=_("Loại nguồn"), choices=TYPED)
    system = forms.CharField(label=_("Hệ thống thông tin"), max_length=200, required=False)
    way = forms.ChoiceField(
        label=_("Cách kết nối"), choices=WAYS, widget=forms.RadioSelect, required=False, initial="ref",
        help_text=_("Kết nối nhập ở đây chỉ dùng cho PostgreSQL, MySQL, MariaDB."),
    )  # fmt: skip
    secret_ref = forms.CharField(
        label=_("Nơi giữ kết nối"),
        max_length=200,
        required=False,
        help_text=_(
            "PostgreSQL, MySQL, MariaDB: tên biến môi trường NGANAM_SOURCE_… do quản trị đặt (không ghi mật khẩu). "
            "Tệp và SQLite: đường dẫn trong thư mục nguồn."
        ),
    )
    server = forms.CharField(
        label=_("Máy chủ"), max_length=253, required=False,
        help_text=_("Tên hoặc địa chỉ IP. Mạng riêng thì người vận hành phải cho phép trước."),
    )  # fmt: skip
    port = forms.IntegerField(
        label=_("Cổng"), min_value=1, max_value=LARGEST_PORT, required=False,
        help_text=_("Để trống: 5432 với PostgreSQL, 3306 với MySQL, MariaDB."),
    )  # fmt: skip
    database = forms.CharField(label=_("Cơ sở dữ liệu"), max_length=64, required=False)
    user = forms.CharField(
        label=_("Tên đăng nhập"), max_length=128, required=False, widget=unsaved(forms.TextInput),
        help_text=_("Dùng tài khoản chỉ có quyền đọc."),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Mật khẩu"), max_length=1000, required=False, strip=False, widget=unsaved(forms.PasswordInput),
        help_text=_(
            "Được giữ mã hóa, không hiện lại. Khi sửa: để trống là giữ mật khẩu cũ; đổi loại nguồn, máy chủ, cổng "
            "hoặc tên đăng nhập thì nhập lại."
        ),
    )  # fmt: skip
    relation = forms.CharField(
        label=_("Bảng cần đọc"), max_length=200, required=False, help_text=_("Ví dụ: co_so hoặc y_te.co_so.")
    )
    query = forms.CharField(
        label=_("Hoặc câu truy vấn"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Một câu SELECT; kết nối chỉ được đọc."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("way", "secret_ref", "server", "database", "user", "password"):
            self.fields[name].wanted = True  # type: ignore[attr-defined]  # one of two ways needs it

    def clean(self) -> dict[str, Any]:
        """Ask for a place where the chosen way needs one."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._is_entered(said) and not said.get("secret_ref") and "secret_ref" not in self.errors:
            self.add_error("secret_ref", _now("Ghi nơi giữ kết nối, hoặc chọn nhập kết nối ở đây."))
        return said

    @staticmethod
    def _is_entered(said: Mapping[str, Any]) -> bool:
        return said.get("way") == "entered"

    def values(self) -> dict[str, Any]:
        """Return what an operation takes; of the two ways only the chosen one."""
        said = self.cleaned_data
        kept = {name: said[name] for name in ("name", "kind", "system", "secret_ref", "relation", "query")}
        if not self._is_entered(said):
            return kept
        given = Entered(said["server"], said["port"] or 0, said["database"], said["user"], said["password"])
        return kept | {"secret_ref": "", "entered": given}


def initial_source(source: Source) -> dict[str, Any]:
    """Return a source's declaration as its form takes it; the password is in no form."""
    names = ("name", "kind", "system", "secret_ref", "relation", "query")
    found = {name: getattr(source, name) for name in names} | {"way": "ref"}
    kept = source.entered
    if kept is None:
        return found
    return found | {"way": "entered"} | {one: getattr(kept, one) for one in ("server", "port", "database", "user")}


class TableForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a table is; its columns are in the formset or in the YAML text."""

    code = forms.SlugField(
        label=_("Mã bảng"),
        max_length=63,
        required=False,
        help_text=_("Để trống sẽ đặt theo tên bảng. Không đổi được sau này."),
    )
    schedule = forms.RegexField(
        label=_("Nạp hằng ngày lúc"),
        regex=r"^([01]\d|2[0-3]):[0-5]\d$",
        required=False,
        help_text=_("Giờ Việt Nam, ví dụ 02:00; cần có nguồn."),
    )
    yaml = forms.CharField(
        label=_("Dán mô tả YAML"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "Danh sách cột: name, title, type, key, required, classification, unit…  Nếu có, thay cho bảng cột bên "
            "trên."
        ),
    )

    reason = forms.CharField(
        label=_("Lý do thay đổi"), max_length=500, required=False,
        help_text=_("Cần ghi khi bỏ cột, đổi kiểu hoặc đổi khóa của bảng đã có dữ liệu."),
    )  # fmt: skip
    confirmed = forms.BooleanField(
        label=_("Tôi đã xem nơi đang đọc các cột bị bỏ hoặc đổi, và vẫn thay đổi"), required=False
    )
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    class Meta:
        """Fields of the page, in its order."""

        model = Table
        fields = (
            "title", "title_en", "code", "description", "source", "database", "communes_on", "schedule", "cursor",
            "cursor_overlap", "compare_days", "personal_stops",
        )  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "communes_on": forms.DateInput(attrs={"type": "date"}),
        }
        help_texts = {
            "communes_on": _("Để trống: nhận mã xã trước và sau sáp nhập 01/07/2025."),
            "cursor": _(
                "Cột thời điểm sửa cuối hoặc số tăng dần trong cơ sở dữ liệu nguồn, để chỉ đọc dòng mới. Để trống: "
                "luôn đọc toàn bộ. Dòng bị xóa ở nguồn chỉ nhận ra khi so toàn bộ."
            ),
            "cursor_overlap": _("Số phút với cột thời gian, số đơn vị với cột số: đọc lại phần ghi muộn."),
            "compare_days": _("Quy định nội bộ: quá số ngày này thì lần nạp sau đọc và so toàn bộ."),
            "personal_stops": _("Quy định nội bộ: không chọn thì chỉ cảnh báo ở trang lượt nạp."),
        }

    def __init__(self, *args: Any, agency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agency = agency
        chosen: Any = self.fields["source"]
        chosen.queryset = Source.objects.filter(agency__code=agency)
        database: Any = self.fields["database"]
        database.queryset = database.queryset.filter(owner__code=agency)
        for name in ("cursor_overlap", "compare_days"):
            self.fields[name].required = False
        if self.instance.pk:
            del self.fields["code"]
        else:
            del self.fields["reason"], self.fields["confirmed"], self.fields["seen"]

    def values(self) -> dict[str, Any]:
        """Return what an operation takes besides title, code and columns."""
        kept = ("title_en", "description", "source", "database", "communes_on", "schedule", "cursor", "personal_stops")
        return {name: self.cleaned_data.get(name) for name in kept} | {
            "schedule": self.cleaned_data.get("schedule") or "",
            "cursor": (self.cleaned_data.get("cursor") or "").strip(),
            "cursor_overlap": self.cleaned_data.get("cursor_overlap") or 0,
            "compare_days": self.cleaned_data.get("compare_days") or COMPARE_DAYS,
        }


class ColumnForm(forms.Form):
    """One column of a table. A row without a name is left out."""

    name = forms.RegexField(label=_("Tên máy"), regex=contracts.NAME.pattern, max_length=63, required=False)
    title = forms.CharField(label=_("Tên cột"), max_length=200, required=False)
    type = forms.ChoiceField(label=_("Kiểu"), choices=tuple(TYPE_LABELS.items()), initial="text", required=False)
    unit = forms.CharField(label=_("Đơn vị"), max_length=40, required=False)
    key = forms.BooleanField(label=_("Khóa chính"), required=False)
    required = forms.BooleanField(label=_("Bắt buộc"), required=False)
    classification = forms.ChoiceField(
        label=_("Phân loại"), choices=tuple(CLASS_LABELS.items()), initial="shared", required=False
    )
    rest = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = str(self.prefix or "0").rsplit("-", 1)[-1]
        number = int(place) + 1 if place.isdigit() else 1
        for name, field in self.fields.items():
            # The heading of the table names the column of inputs; each input needs its own name as well.
            field.widget.attrs |= {"aria-label": f"{field.label}, {_now('cột')} {number}"} if name != "rest" else {}
            if isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "check"
            elif name != "rest":
                field.widget.attrs["class"] = "input"


class BaseColumnFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """All columns of a table."""

    def columns(self) -> list[dict[str, Any]]:
        """Return the filled rows as plain data for a contract; what the table of inputs does not show is kept."""
        found = []
        for one in self.cleaned_data:
            if one.get("name") or one.get("title"):
                kept = {name: value for name, value in one.items() if name != "rest"}
                kept["classification"] = kept.get("classification") or "shared"
                kept["name"] = kept["name"] or column_name(kept["title"])
                found.append(rest_of(one.get("rest", "")) | kept)
        return found


ColumnFormSet = forms.formset_factory(ColumnForm, formset=BaseColumnFormSet, extra=0, max_num=MOST_COLUMNS)
SHOWN = ("name", "title", "type", "unit", "key", "required", "classification")


def rest_of(text: str) -> dict[str, Any]:
    """Read back the attributes a column has beyond the inputs shown; anything odd counts as none."""
    try:
        (column,) = contracts.from_yaml(text).columns if text else (None,)
    except Invalid:
        return {}
    if column is None:
        return {}
    told = contracts.to_list(contracts.Contract((column,)))[0]
    return {name: value for name, value in told.items() if name not in {*SHOWN, "personal"}}


def initial_columns(contract: contracts.Contract) -> list[dict[str, Any]]:
    """Return the initial data of the formset for a contract."""
    rows = []
    for column, told in zip(contract.columns, contracts.to_list(contract), strict=True):
        hidden = contracts.to_yaml(contracts.Contract((column,))) if set(told) - {*SHOWN, "personal"} else ""
        rows.append({name: getattr(column, name) for name in SHOWN} | {"rest": hidden})
    return rows


def detected_columns(headings: list[str]) -> list[dict[str, Any]]:
    """Return initial data for columns found in a file: all text, until somebody who knows says otherwise."""
    return [{"name": column_name(one), "title": one, "type": "text"} for one in headings if one]


def seen_columns(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return initial data for the columns seen in a source: a proposal, its first column without repeats as the key."""
    key = next((one["title"] for one in seen if one["key"] and one["type"] in {"text", "integer"}), None)
    return [
        {
            "name": column_name(one["title"]), "title": one["title"], "type": one["type"],
            "personal": one["personal"], "key": one["title"] == key,
        }
        for one in seen
    ]  # fmt: skip


def column_name(title: str) -> str:
    """Make a machine's name of a heading: ``Mã cơ sở`` becomes ``ma_co_so``."""
    name = slug(title).replace("-", "_")[:63].strip("_")
    return name if name[:1].isalpha() else f"c_{name}"[:63].strip("_")


ACCEPT = ".csv,.xlsx,.txt,.tsv,.json,.ndjson,.jsonl,.geojson,.xml,.zip,.gpkg"


class DataFileField(forms.FileField):
    """A file of data. An empty one is let through: the landing refuses it by its name, with what to do."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Chọn tệp để tải lên."),
        "missing": _("Chọn tệp để tải lên."),
        "invalid": _("Trình duyệt chưa gửi kèm tệp nào; tải lại trang rồi chọn lại tệp."),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.FileInput(attrs={"accept": ACCEPT})
        super().__init__(allow_empty_file=True, widget=widget, **kwargs)


class ReadingForm(forms.Form):
    """How to read a file; what is left empty is found by looking at it."""

    encoding = forms.ChoiceField(label=_("Bảng mã"), choices=ENCODING_CHOICES, required=False)
    delimiter = forms.ChoiceField(label=_("Dấu phân cách"), choices=DELIMITER_CHOICES, required=False)
    header_line = forms.IntegerField(
        label=_("Dòng tiêu đề"), min_value=1, max_value=MOST_LINE, required=False,
        help_text=_("Dòng cuối của tiêu đề nếu tiêu đề có nhiều dòng."),
    )  # fmt: skip
    sheet = forms.CharField(
        label=_("Trang tính hoặc phần của tệp"), max_length=200, required=False,
        help_text=_("Trang của bảng tính, lớp bản đồ, danh sách trong JSON (data.items), phần tử XML (ds/co_so)."),
    )  # fmt: skip
    missing = forms.CharField(
        label=_("Ký hiệu nghĩa là không có giá trị"), max_length=200, required=False,
        help_text=_("Cách nhau bằng dấu cách, tính cho mọi cột. Để trống: “..”, “-”, “x”, “n/a” ở cột số và ngày."),
    )  # fmt: skip

    def asked(self) -> Asked:
        """Return what was said."""
        said = self.cleaned_data
        marks = tuple(said["missing"].split())
        return Asked(
            said["encoding"], "\t" if said["delimiter"] == "tab" else said["delimiter"], said["header_line"] or 0,
            said["sheet"], marks or None,
        )  # fmt: skip


class RestoreForm(forms.Form):
    """Why an earlier version is made the present one again."""

    reason = forms.CharField(
        label=_("Lý do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Ghi lý do khôi phục phiên bản này.")},
    )  # fmt: skip


class ErasureForm(forms.Form):
    """Which rows are to be erased, and by which paper."""

    column = forms.ChoiceField(label=_("Cột nhận ra người, tổ chức cần xóa"))
    values = forms.CharField(
        label=_("Các giá trị"), widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Mỗi giá trị một dòng, đúng như trong bảng; nhiều nhất 100. Mọi dòng có giá trị này sẽ bị xóa."),
    )  # fmt: skip
    basis = forms.ChoiceField(label=_("Căn cứ"), choices=Basis.choices)
    paper = forms.CharField(
        label=_("Số, ký hiệu văn bản"), max_length=200, required=False,
        help_text=_("Bắt buộc, cùng với ngày, trừ khi căn cứ là yêu cầu của chủ thể dữ liệu."),
    )  # fmt: skip
    paper_on = forms.DateField(
        label=_("Ngày văn bản"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Không ghi tên, số định danh của người được xóa: lý do được lưu lâu dài."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, columns: Sequence[contracts.Column]) -> None:
        super().__init__(data)
        self.fields["column"].choices = [(one.name, one.title) for one in columns]  # type: ignore[attr-defined]

    def wish(self) -> dict[str, Any]:
        """Return what is proposed, as the deed takes it."""
        return {**self.cleaned_data, "values": self.cleaned_data["values"].splitlines()}


class LiftForm(forms.Form):
    """Why erased values may come in again."""

    reason = forms.CharField(
        label=_("Lý do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Ghi lý do cho nhận lại các giá trị này.")},
    )  # fmt: skip


def initial_reading(load: Load) -> dict[str, Any]:
    """Return the initial data of the form for reading the file of a load again: as it was asked for then."""
    told = load.manner
    return {
        "encoding": told.encoding, "delimiter": "tab" if told.delimiter == "\t" else told.delimiter,
        "header_line": told.header_line or None, "sheet": told.sheet, "missing": " ".join(told.missing or ()),
    }  # fmt: skip


class UploadForm(ReadingForm):
    """A file to load, and how to read it."""

    file = DataFileField(label=_("Tệp dữ liệu"))
    field_order = ("file",)


class AdmitForm(forms.Form):
    """Why what a scan found is let in."""

    reason = forms.CharField(
        label=_("Lý do chấp nhận"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Ghi lý do vẫn nhận dữ liệu này.")},
    )  # fmt: skip


class MendForm(forms.Form):
    """The rejected rows of a load, mended."""

    file = DataFileField(label=_("Tệp các dòng đã sửa"))


class SampleForm(forms.Form):
    """A file whose headings become columns."""

    sample = DataFileField(
        label=_("Tệp mẫu"),
        required=False,
        help_text=_("Chỉ đọc tên cột để điền bảng cột; tệp không được lưu."),
    )


PARTS = 3
"""Columns to filter by on a page; a program may name more."""


class FileForm(forms.Form):
    """A file of a version: its form, and which part."""

    format = forms.ChoiceField(label=_("Dạng tệp"))
    columns = forms.MultipleChoiceField(
        label=_("Chỉ các cột"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Không chọn cột nào là lấy mọi cột."),
    )

    def __init__(self, data: Any = None, *, columns: Sequence[contracts.Column], kinds: Mapping[str, str]) -> None:
        super().__init__(data)
        named = [(one.name, one.title) for one in columns]
        self.fields["format"].choices = [(kind, FILE_KINDS[kind]) for kind, why in kinds.items() if not why]  # type: ignore[attr-defined]
        self.fields["columns"].choices = named  # type: ignore[attr-defined]
        for place in range(1, PARTS + 1):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=_now("Lọc theo cột"), required=False, choices=[("", _now("Không lọc")), *named]
            )
            self.fields[f"value_{place}"] = forms.CharField(
                label=_now("Giá trị đúng bằng"), required=False, max_length=500
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a column without its value, or the other way: a filter left out would give more than was meant."""
        given = super().clean() or {}
        for place in range(1, PARTS + 1):
            column, value = given.get(f"column_{place}", ""), given.get(f"value_{place}", "")
            if column and not value:
                self.add_error(f"value_{place}", _now("Ghi giá trị cần có trong cột này."))
            if value and not column and f"column_{place}" not in self.errors:
                self.add_error(f"column_{place}", _now("Chọn cột có giá trị này."))
        return given

    def wish(self) -> dict[str, Any]:
        """Return what is asked for, as the deed takes it; of two filters on one column the last counts."""
        given = self.cleaned_data
        pairs = [(given[f"column_{place}"], given[f"value_{place}"]) for place in range(1, PARTS + 1)]
        filters = {column: value for column, value in pairs if column}
        return {"kind": given["format"], "columns": given["columns"], "filters": filters}


class RowsForm(forms.Form):
    """Rows of a version: by its number or the instant it was present, with one filter."""

    version = forms.IntegerField(label=_("Phiên bản số"), required=False, min_value=1, max_value=10**9)
    as_of = forms.DateTimeField(
        label=_("Hoặc vào thời điểm"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M"],
    )
    column = forms.ChoiceField(label=_("Lọc theo cột"), required=False)
    value = forms.CharField(label=_("Giá trị đúng bằng"), required=False, max_length=500)

    def __init__(self, data: Any, *, columns: Sequence[contracts.Column]) -> None:
        super().__init__(data)
        named = [(one.name, one.title) for one in columns]
        self.fields["column"].choices = [("", _now("Không lọc")), *named]  # type: ignore[attr-defined]

    def filters(self) -> dict[str, str]:
        """Return the filter; a column without a value filters nothing."""
        column, value = self.cleaned_data["column"], self.cleaned_data["value"]
        return {column: value} if column and value else {}
