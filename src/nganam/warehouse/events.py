"""Audit actions of the room. Details name codes, counts and digests; never rows or connection secrets."""

from nganam.audit.registry import Action, register, register_machine
from nganam.warehouse.workflow import LOAD

register_machine(LOAD)
register(
    Action("warehouse.source.declared", "Khai báo nguồn dữ liệu", "Declared a data source"),
    Action("warehouse.source.changed", "Sửa khai báo nguồn dữ liệu", "Changed a data source"),
    Action("warehouse.source.tried", "Thử kết nối nguồn dữ liệu", "Tried a data source"),
    Action("warehouse.table.declared", "Khai báo bảng dữ liệu", "Declared a table"),
    Action("warehouse.table.changed", "Sửa khai báo bảng dữ liệu", "Changed a table's declaration"),
)
