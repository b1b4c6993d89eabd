"""What the page of components shows: invented but realistic content, no real person or case."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nganam.kernel.machine import Machine, State, Transition

SAMPLE = Machine(
    code="sample.request",
    vi="Yêu cầu kết nối",
    en="Connection request",
    initial="draft",
    states=(
        State("draft", "Đang soạn", "Draft"),
        State("sent", "Đã gửi", "Sent"),
        State("granted", "Đã đồng ý", "Granted"),
        State("running", "Đang kết nối", "Running", final=True),
        State("refused", "Bị từ chối", "Refused", final=True),
    ),
    transitions=(
        Transition("send", ("draft",), "sent", "consumer", "Gửi", "Send", "D35.2"),
        Transition("grant", ("sent",), "granted", "provider", "Đồng ý", "Grant", "D35.3"),
        Transition("open", ("granted",), "running", "system", "Mở kết nối", "Open"),
        Transition("refuse", ("sent",), "refused", "provider", "Từ chối", "Refuse", "D36.1", needs=("reason",)),
    ),
)


class SampleForm(forms.Form):
    """One field of every kind."""

    title = forms.CharField(label=gettext_lazy("Tên bộ dữ liệu"), help_text=gettext_lazy("Nói dữ liệu nói về điều gì."))
    kind = forms.ChoiceField(
        label=gettext_lazy("Cách chia sẻ"),
        choices=[("api", gettext_lazy("Dịch vụ trên LGSP")), ("file", gettext_lazy("Gói dữ liệu"))],
    )
    until = forms.DateField(
        label=gettext_lazy("Dùng đến ngày"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    purpose = forms.CharField(label=gettext_lazy("Mục đích"), widget=forms.Textarea(attrs={"rows": 3}))
    fields_wanted = forms.MultipleChoiceField(
        label=gettext_lazy("Trường dữ liệu cần dùng"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("ma", gettext_lazy("Mã cơ sở")),
            ("ten", gettext_lazy("Tên cơ sở")),
            ("dia_chi", gettext_lazy("Địa chỉ")),
        ],
        help_text=gettext_lazy("Chỉ chọn trường thật sự cần."),
    )
    file = forms.FileField(label=gettext_lazy("Tệp dữ liệu"), required=False)
    agreed = forms.BooleanField(label=gettext_lazy("Tôi cam kết dùng dữ liệu đúng mục đích đã nêu"))


@dataclass(frozen=True, slots=True)
class Download:
    """A file on offer."""

    format: str
    url: str
    size: int
    rows: int | None
    at: date
    sha256: str


class Cells:
    """The map's sample: a patch of made-up areas, as GeoJSON."""

    side: ClassVar[float] = 0.05

    @classmethod
    def geojson(cls) -> dict[str, Any]:
        """Return twelve square areas with invented numbers."""
        return {"type": "FeatureCollection", "features": [cls._cell(index) for index in range(12)]}

    @classmethod
    def rows(cls) -> list[tuple[str, int]]:
        """Return the same numbers for the table twin."""
        return [(cls._name(index), cls._value(index)) for index in range(12)]

    @classmethod
    def _cell(cls, index: int) -> dict[str, Any]:
        west, south = 105.6 + (index % 4) * cls.side, 9.6 - (index // 4) * cls.side
        ring = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
        corners = [[west + right * cls.side, south + up * cls.side] for right, up in ring]
        return {
            "type": "Feature",
            "properties": {"ten": cls._name(index), "gia_tri": cls._value(index)},
            "geometry": {"type": "Polygon", "coordinates": [corners]},
        }

    @staticmethod
    def _name(index: int) -> str:
        return _("Địa bàn mẫu %(number)s") % {"number": index + 1}

    @staticmethod
    def _value(index: int) -> int:
        return (index * 7919) % 9000 + 1200


def context(at: datetime) -> dict[str, Any]:
    """Return everything the page shows, as seen at ``at``."""
    today = at.astimezone(UTC).date()
    return {
        "today": today,
        "soon": today + timedelta(days=1),
        "later": today + timedelta(days=9),
        "late": today - timedelta(days=3),
        "at": at,
        "earlier": at - timedelta(days=2, hours=5),
        "machine": SAMPLE,
        "form": SampleForm(),
        "wrong_form": SampleForm({"title": "", "kind": "api", "purpose": _("Đối chiếu danh sách cơ sở")}),
        "page": Paginator(range(1, 1235), 20).get_page(7),
        "files": _files(today),
        "facet": _facet(),
        "bars": _bars(),
        "lines": _lines(),
        "cells": Cells.rows(),
    }


def _files(today: date) -> list[Download]:
    sums = ("9f2c1d6b7ae04c5f8e3b0d1a6c7f5e4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a8f", "0b7e5d3c" * 8, "4c1f9a2e" * 8)
    sizes = (("csv", 48213), ("xlsx", 61870), ("parquet", 1_254_310))
    return [
        Download(kind, "#tai-ve", size, 1234, today, checksum)
        for (kind, size), checksum in zip(sizes, sums, strict=True)
    ]


def _facet() -> list[dict[str, Any]]:
    return [
        {"value": "yt", "label": _("Sở Y tế"), "count": 14, "selected": True},
        {"value": "gd", "label": _("Sở Giáo dục và Đào tạo"), "count": 9},
        {"value": "nn", "label": _("Sở Nông nghiệp và Môi trường"), "count": 1203},
    ]


def _bars() -> dict[str, Any]:
    names = [_("Mầm non"), _("Tiểu học"), _("Trung học cơ sở"), _("Trung học phổ thông")]
    return {
        "kind": "bar",
        "x": names,
        "series": [{"name": _("Số trường"), "values": [138, 163, 110, 41]}],
        "unit": _("trường"),
    }


def _lines() -> dict[str, Any]:
    return {
        "kind": "line",
        "x": ["2019", "2020", "2021", "2022", "2023", "2024"],
        "series": [
            {"name": _("Thành công"), "values": [12040, 18310, 25577.5, 41208, 66020, 91344]},
            {"name": _("Bị từ chối"), "values": [420, 615, None, 980, 1204, 1311]},
        ],
        "unit": _("lượt gọi"),
    }
