"""Audit actions of the room: one per transition of SM5's two tables, and edits."""

from nganam.audit.registry import Action, register, register_machine
from nganam.catalogue.workflow import DATABASE, EDITION

register_machine(DATABASE)
register_machine(EDITION)
register(
    Action("catalogue.database.edited", "Sửa bản khai cơ sở dữ liệu", "Edited a database entry"),
    Action("catalogue.default.proposed", "Đề xuất vào danh mục mặc định", "Proposed for the default list"),
    Action(
        "catalogue.default.dropped", "Thôi đề xuất vào danh mục mặc định", "No longer proposed for the default list"
    ),
    Action("catalogue.default.taken", "Được đưa vào danh mục mặc định", "Taken into the default list"),
    Action("catalogue.edition.edited", "Sửa dự thảo danh mục", "Edited a draft edition"),
)
