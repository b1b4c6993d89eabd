"""Audit actions of the room. Details name the list, the version, its days, counts and digest."""

from nganam.audit.registry import Action, register

register(
    Action("codelists.list.declared", "Khai báo danh mục dùng chung", "Declared a shared code list"),
    Action("codelists.version.imported", "Nhập bản thảo danh mục dùng chung", "Imported a draft of a code list"),
    Action("codelists.version.published", "Công bố phiên bản danh mục dùng chung", "Published a code list's version"),
    Action("codelists.version.withdrawn", "Bỏ bản thảo danh mục dùng chung", "Withdrew a draft of a code list"),
)
