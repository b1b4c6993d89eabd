"""What a service and its versions say, as plain data: the description of D24.3 with its data items."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from nganam.cases.requirements import refuse_incomplete
from nganam.kernel.errors import Invalid
from nganam.services import changes
from nganam.services.models import Revision, Service, Source

DESCRIPTION = changes.TEXTS
"""The fields of ``Service`` that describe it; its data items are rows of ``ServiceField``."""
Thing = Service | Revision
"""What is appraised: a service, or a new version of one."""


def content_of(service: Service) -> dict[str, Any]:
    """Return the description the service has now, as versions keep it."""
    items = [
        {
            "name": one.name, "title": one.title, "title_en": one.title_en, "type": one.type, "personal": one.personal,
            "description": one.description,
        }
        for one in service.fields.all()
    ]  # fmt: skip
    return {**{name: getattr(service, name) for name in DESCRIPTION}, "fields": items}


def content_ahead(thing: Thing) -> dict[str, Any]:
    """Return what is appraised: the service's description, for a version with its changes in their place."""
    if isinstance(thing, Service):
        return content_of(thing)
    return dict(thing.content) or changes.overlaid(content_of(thing.service), thing.changes)


def items_of(source: Source, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the data items called ``names`` as the source's contract describes them, in its order."""
    wanted = set(names)
    return [
        {
            "name": str(column["name"]), "title": str(column.get("title") or column["name"]),
            "title_en": str(column.get("title_en", "")), "type": str(column["type"]),
            "personal": bool(column.get("personal")), "description": str(column.get("description", "")),
        }
        for column in source.contract["columns"]
        if column["name"] in wanted
    ]  # fmt: skip


def names_in(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the data items of a description."""
    return [str(one["name"]) for one in content.get("fields", [])]


def described(thing: Thing, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description as the rule set's form ``services.description`` names it."""
    return {**content, "code": thing.code or thing.CODE_PREFIX, "provider": thing.provider.code}


def check_columns(source: Source, field_names: Sequence[str], values: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` when no data item is chosen, or a column or operation is named that the source has not."""
    known = {column["name"] for column in source.contract["columns"]}
    _check_operations(source, values.get("operations", []))
    if not field_names:
        raise Invalid(_("Chọn ít nhất một mục tin để chia sẻ."), fields={"fields": [_("Chưa chọn mục tin nào.")]})
    asked = {"fields": field_names, **{name: values.get(name, []) for name in ("lookup_columns", "filter_columns")}}
    for name, columns in asked.items():
        unknown = [str(column) for column in columns if column not in known]
        if unknown:
            text = _("Bảng không có cột: %(columns)s.") % {"columns": ", ".join(unknown)}
            raise Invalid(text, fields={name: [text]}, hint=_("Chọn trong các cột của bảng."))


def _check_operations(source: Source, chosen: Sequence[Mapping[str, Any]]) -> None:
    """An agency's system offers operations of its own, a table none: it is looked up and read by pages."""
    offered = source.contract.get("operations", [])
    if any(one not in offered for one in chosen):
        text = _("Nguồn không có thao tác đã chọn, hoặc thao tác vừa được sửa.")
        raise Invalid(text, fields={"operations": [text]}, hint=_("Chọn lại trong các thao tác của hệ thống."))
    if offered and not chosen:
        text = _("Chọn ít nhất một thao tác.")
        raise Invalid(text, fields={"operations": [text]})


def check_description(thing: Thing, content: Mapping[str, Any], rules_version: str) -> None:
    """Raise ``Invalid`` naming what D24.3 still asks under the rule set."""
    message = _("Bản mô tả dịch vụ còn thiếu thông tin theo khoản 3 Điều 24 Nghị định 47/2020/NĐ-CP.")
    refuse_incomplete("services.description", described(thing, content), rules_version=rules_version, message=message)
