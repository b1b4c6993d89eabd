"""Audit actions of the room: one per transition of its machines, and the deeds beside them."""

from nganam.audit import registry
from nganam.services.workflow import REVISION, SERVICE

registry.register_machine(SERVICE)
registry.register_machine(REVISION)
registry.register(
    registry.Action("services.service.edited", "Sửa bản khai dịch vụ", "Edited a service description"),
    registry.Action("services.service.changed", "Phiên bản mới có hiệu lực", "A new version came into force"),
    registry.Action("services.revision.edited", "Sửa phiên bản dịch vụ", "Edited a version of a service"),
    registry.Action("services.upstream.declared", "Khai báo hệ thống của cơ quan", "Declared an agency's system"),
    registry.Action("services.upstream.edited", "Sửa hệ thống của cơ quan", "Changed an agency's system"),
    registry.Action("services.import.uploaded", "Tải lên tệp khai báo dịch vụ", "Uploaded a spreadsheet of services"),
    registry.Action("services.import.drafted", "Tạo bản khai dịch vụ từ tệp", "Made service drafts from a spreadsheet"),
)
