"""The form by which a service is tried: its key, its filters, how many records; and words for what a refusal lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nganam.lgsp.trying import Answer, Question
from nganam.services.models import Service
from nganam.services.openapi_tables import has_changes, position, searched
from nganam.serving.asking import AGGREGATE, BATCH, CHANGES, NEAR, PLACED, SEARCH
from nganam.serving.values import ORDERED
from nganam.sharing.accounts.models import Account
from nganam.sharing.models import Application

LOOKUP, PAGE, EACH, SINCE, FIGURES = "khoa", "trang", "nhieu", "thay-doi", "tong-hop"
WORDS, PLACE = "tim", "vi-tri"
FOUND = {WORDS: (SEARCH, ("q",)), PLACE: (NEAR, (*PLACED, "bbox", "commune"))}
SANDBOX, LIVE = "thu", "that"
LONGEST = 200
MOST_LINES = 20_000
USUAL = 5


class QuestionForm(forms.Form):
    """What is asked: the fields come from the service's own operations."""

    limit = forms.IntegerField(label=gettext_lazy("Số bản ghi"), required=False, min_value=1, max_value=1000)
    cursor = forms.CharField(
        label=gettext_lazy("Con trỏ (cursor)"), required=False, max_length=2000,
        help_text=gettext_lazy("Lấy từ trường next của trang trước."),
    )  # fmt: skip

    def __init__(self, *args: Any, service: Service, examples: Sequence[Sequence[Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        prefetch_related_objects([service], "fields")
        titles = {str(one["name"]): str(one.get("title") or one["name"]) for one in service.source.contract["columns"]}
        kinds = {str(one["name"]): str(one["type"]) for one in service.source.contract["columns"]}
        is_table = service.table is not None
        ways = [(LOOKUP, _("Tra cứu theo khóa"))] if service.lookup_columns else []
        first = list(examples[0]) if examples else [""] * len(service.lookup_columns)
        made: dict[str, forms.Field] = {
            "cach": forms.ChoiceField(
                label=_("Cách gọi"), choices=[*ways, (PAGE, _("Đọc từng trang có lọc")), *_more(service)],
                widget=forms.RadioSelect, initial=LOOKUP if ways else PAGE,
            )
        }  # fmt: skip
        for name, example in zip(service.lookup_columns, first, strict=True):
            made[f"khoa-{name}"] = _text(_("Khóa: %(title)s") % {"title": titles.get(name, name)}, initial=example)
            # Wanted by one way to call, so not told as optional; whether it must be there is asked in ``clean``.
            made[f"khoa-{name}"].wanted = True  # type: ignore[attr-defined]
        if service.lookup_columns and is_table:
            made["cac-khoa"] = _lines(examples)
        for name in service.filter_columns:
            title = {"title": titles.get(name, name)}
            made[f"loc-{name}"] = _text(_("Lọc: %(title)s") % title)
            if is_table and kinds.get(name) in ORDERED:
                made[f"loc-{name}.gte"] = _text(_("Từ: %(title)s") % title)
                made[f"loc-{name}.lte"] = _text(_("Đến: %(title)s") % title)
        if is_table:
            made |= _choices(service)
        self.fields = made | self.fields
        self.fields["limit"].initial = USUAL

    def question(self) -> Question:
        """Return what a checked form asks."""
        return self._asked(self.cleaned_data)

    def example(self) -> Question:
        """Return what the empty form would ask."""
        return self._asked({name: one.initial for name, one in self.fields.items()})

    def _asked(self, said: dict[str, Any]) -> Question:
        way, more = said["cach"], {}
        if said.get("fields"):
            more["fields"] = str(said["fields"])
        if way == LOOKUP:
            key = tuple(str(said[f"khoa-{one}"] or "") for one in self.service.lookup_columns)
            return Question(key=key, parameters=more)
        if way == EACH:
            keys = tuple(one.strip() for one in str(said.get("cac-khoa") or "").splitlines() if one.strip())
            return Question(form=BATCH, keys=keys, parameters=more)
        paged = _said(said, ("limit", "cursor"))
        if way == SINCE:
            return Question(form=CHANGES, parameters={"since": str(said.get("since") or 1), **more, **paged})
        filters = {
            name.removeprefix("loc-"): str(said[name]) for name in self.fields if name[:4] == "loc-" and said.get(name)
        }
        if way == FIGURES:
            return Question(form=AGGREGATE, parameters=_said(said, ("group", "sum")) | filters)
        if way in FOUND:
            form, names = FOUND[way]
            return Question(form=form, parameters=_said(said, names) | filters | more | paged)
        sort = {"sort": str(said["sort"])} if said.get("sort") else {}
        return Question(parameters=filters | more | sort | paged)

    def clean(self) -> dict[str, Any]:
        """A look-up needs every part of the key."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("cach") == LOOKUP:
            for name in self.service.lookup_columns:
                if not said.get(f"khoa-{name}") and f"khoa-{name}" not in self.errors:
                    self.add_error(f"khoa-{name}", _("Điền khóa cần tra cứu."))
        if said.get("cach") == EACH and not str(said.get("cac-khoa") or "").strip():
            self.add_error("cac-khoa", _("Điền ít nhất một khóa, mỗi dòng một khóa."))
        if said.get("cach") == WORDS and not str(said.get("q") or "").strip():
            self.add_error("q", _("Điền các từ cần tìm."))
        return said


def _said(said: dict[str, Any], names: Sequence[str]) -> dict[str, str]:
    return {name: str(said[name]) for name in names if said.get(name)}


def _more(service: Service) -> list[tuple[str, str]]:
    """Return the further ways to ask a service over a table of the warehouse."""
    if service.table is None:
        return []
    each = [(EACH, _("Tra cứu nhiều khóa một lần"))] if service.lookup_columns else []
    changes = [(SINCE, _("Thay đổi từ một phiên bản"))] if has_changes(service) else []
    words = [(WORDS, _("Tìm theo từ"))] if searched(service) else []
    place = [(PLACE, _("Tìm theo vị trí"))] if position(service) else []
    return [*each, *changes, (FIGURES, _("Số liệu tổng hợp")), *words, *place]


def _choices(service: Service) -> dict[str, forms.Field]:
    """Return the fields for what a table is asked besides keys and filters."""
    names = [one.name for one in service.fields.all()]
    listed = {"names": ", ".join(names)}
    made: dict[str, forms.Field] = {
        "fields": _text(
            _("Mục tin trả về (fields)"), hint=_("Để trống: mọi mục tin được cấp. Chọn trong: %(names)s.") % listed
        ),
        "sort": _text(_("Sắp xếp (sort)"), hint=_("Các cột cách nhau dấu phẩy; dấu trừ ở trước là giảm dần.")),
        "group": _text(_("Gộp theo (group)"), hint=_("Dùng cho số liệu tổng hợp.")),
        "sum": _text(_("Tính tổng của (sum)"), hint=_("Dùng cho số liệu tổng hợp.")),
    }
    if has_changes(service):
        hint = _("Dùng khi hỏi thay đổi; lấy từ trường version hoặc next_since.")
        made["since"] = _text(_("Từ phiên bản (since)"), initial=1, hint=hint)
    return made | _finding(service)


def _finding(service: Service) -> dict[str, forms.Field]:
    """Return the fields for what a table is asked by words and by place."""
    made: dict[str, forms.Field] = {}
    if columns := searched(service):
        hint = _("Có dấu hoặc không dấu; cụm từ viết trong dấu ngoặc kép. Tìm trong: %(columns)s.")
        made["q"] = _text(_("Từ cần tìm (q)"), hint=hint % {"columns": ", ".join(columns)})
    if position(service):
        hint = _("Dùng khi tìm theo vị trí, cùng lon, lat và within; độ theo WGS 84, dấu thập phân là dấu chấm.")
        made["lon"] = _text(_("Kinh độ (lon)"), hint=hint)
        made["lat"] = _text(_("Vĩ độ (lat)"))
        made["within"] = _text(_("Trong vòng, mét (within)"))
        made["bbox"] = _text(_("Khung (bbox)"), hint=_("Kinh độ nhỏ, vĩ độ nhỏ, kinh độ lớn, vĩ độ lớn."))
        made["commune"] = _text(_("Trong xã, mã xã (commune)"), hint=_("Theo ranh giới xã đang có hiệu lực."))
    return made


def _lines(examples: Sequence[Sequence[Any]]) -> forms.CharField:
    return forms.CharField(
        label=_("Nhiều khóa"), required=False, max_length=MOST_LINES, widget=forms.Textarea(attrs={"rows": 3}),
        initial="\n".join(",".join(map(str, one)) for one in examples), strip=False,
        help_text=_("Mỗi dòng một khóa, tối đa 100; khóa nhiều cột viết các phần cách nhau dấu phẩy."),
    )  # fmt: skip


def _text(label: str, *, initial: Any = "", hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=LONGEST, initial="" if initial is None else str(initial), strip=False,
        help_text=hint,
    )  # fmt: skip


class CallForm(QuestionForm):
    """The question, and for which application and where it is asked."""

    def __init__(
        self, *args: Any, applications: Sequence[Application], accounts: Sequence[Account], **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["ung-dung"] = forms.ChoiceField(
            label=_("Ứng dụng"),
            choices=[(one.code, f"{one.code} · {one.name}") for one in applications],
            initial=applications[0].code if applications else "",
        )
        self.fields["noi"] = forms.ChoiceField(
            label=_("Gọi ở đâu"), initial=SANDBOX, widget=forms.RadioSelect,
            choices=[
                (SANDBOX, _("Bản thử: dữ liệu thử nghiệm do máy sinh")),
                (LIVE, _("Dịch vụ thật: xem cổng trả lời thế nào với quyền đang có")),
            ],
        )  # fmt: skip
        if accounts:
            self.fields["token"] = forms.CharField(
                label=_("Mã truy cập (access_token) cho dịch vụ thật"), required=False, max_length=LONGEST_TOKEN,
                widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
                help_text=_("Ứng dụng lấy bằng khóa của nó; dùng cho một lần gọi này, không lưu, không ghi nhật ký."),
            )  # fmt: skip


LONGEST_TOKEN = 8200


@dataclass(frozen=True, slots=True)
class Lack:
    """What a refusal says is missing, and where to go about it (``href`` "": nowhere)."""

    text: str
    label: str = ""
    href: str = ""


def lack_of(answer: Answer, service: Service, accounts: Sequence[Account], *, live: bool, pasted: bool) -> Lack | None:
    """Return in plain words what a refused call lacks; ``None`` when nothing does."""
    if answer.trouble or answer.is_good:
        return None
    if live and answer.status in {401, 403} and not pasted:
        return _no_right(service, accounts)
    code = str(answer.problem.get("code", ""))
    return _words().get(code) or Lack(
        _("Xem câu từ chối và mã yêu cầu bên dưới; gửi mã yêu cầu khi hỏi đơn vị vận hành.")
    )


def _no_right(service: Service, accounts: Sequence[Account]) -> Lack:
    if accounts:
        found = accounts[0]
        text = _(
            "Mã thử nghiệm không mở dữ liệu thật. Cơ quan đã có tài khoản %(code)s: lấy mã truy cập bằng khóa của "
            "ứng dụng rồi dán vào đây."
        )
        return Lack(text % {"code": found.code}, _("Khóa của tài khoản"), f"{found.get_absolute_url()}khoa/")
    if service.form == "special":
        text = _("Cơ quan chưa có tài khoản cho dịch vụ này; dữ liệu chia sẻ theo thỏa thuận đặc thù.")
        return Lack(text, _("Yêu cầu chia sẻ đặc thù"), f"/thoa-thuan/moi/?dich-vu={service.code}")
    text = _(
        "Cơ quan chưa có tài khoản cho dịch vụ này. Mã thử nghiệm không mở dữ liệu thật; cần gửi yêu cầu và được cấp "
        "tài khoản."
    )
    return Lack(text, _("Gửi yêu cầu kết nối"), f"/yeu-cau/moi/?dich-vu={service.code}")


def _words() -> dict[str, Lack]:
    taken = Lack(
        _("Mã truy cập đã hết hạn hoặc không phải của cổng này: lấy mã mới bằng khóa của ứng dụng rồi dán lại.")
    )
    account = {"label": _("Tài khoản"), "href": "/tai-khoan-ket-noi/"}
    return {
        **dict.fromkeys(("token_missing", "token_expired", "token_invalid", "token_outdated"), taken),
        "token_bound": Lack(
            _("Mã này gắn với chứng thư của ứng dụng nên chỉ ứng dụng dùng được; lấy mã bằng mã bí mật.")
        ),
        "not_granted": Lack(_("Mã truy cập này thuộc tài khoản của dịch vụ khác.")),
        "access_revoked": Lack(_("Tài khoản đã bị khóa hoặc thu hồi; hỏi cơ quan cung cấp."), **account),
        "outside_hours": Lack(_("Tài khoản chỉ được gọi trong giờ đã cấp."), **account),
        "data_absent": Lack(_("Không có bản ghi mang khóa này; ở bản thử, chọn một khóa trong các ví dụ.")),
        "fields_not_granted": Lack(_("Có mục tin ngoài phạm vi được cấp; bỏ mục tin đó khỏi câu hỏi."), **account),
        "not_findable": Lack(_("Bản sao của bảng chưa tìm được cách này; thử lại sau ít phút.")),
        "version_moved": Lack(_("Bảng đã có phiên bản mới: bỏ con trỏ rồi hỏi lại từ trang đầu.")),
        "changes_gone": Lack(_("Thay đổi không còn giữ xa như vậy; đọc lại toàn bộ từng trang.")),
        "data_not_permitted": Lack(_("Có bản ghi nhưng ngoài phạm vi được cấp."), **account),
        "rate_limited": Lack(_("Gọi nhanh quá hạn mức; chờ rồi gọi lại.")),
        "service_suspended": Lack(_("Dịch vụ đang tạm ngừng."), _("Thông báo tạm ngừng"), "/tam-ngung/"),
    }
