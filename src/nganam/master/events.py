"""Audit actions of the room. Details hold codes, counts and digests; never a record's value."""

from nganam.audit.registry import Action, register

register(
    Action("master.set.declared", "Khai báo tập dữ liệu chủ", "Declared a master data set"),
    Action("master.set.changed", "Sửa tập dữ liệu chủ", "Changed a master data set"),
    Action("master.member.added", "Thêm bảng vào tập dữ liệu chủ", "Added a table to a master data set"),
    Action("master.member.removed", "Bỏ bảng khỏi tập dữ liệu chủ", "Removed a table from a master data set"),
    Action("master.run.asked", "Yêu cầu ghép bản ghi", "Asked to match records"),
    Action("master.run.done", "Ghép xong bản ghi", "Matched records"),
    Action("master.run.failed", "Không ghép được bản ghi", "Could not match records"),
    Action("master.pair.decided", "Quyết định về một cặp bản ghi", "Decided about a pair of records"),
    Action("master.pair.taken_back", "Rút quyết định về cặp bản ghi", "Took back a decision about a pair"),
    Action("master.values.read", "Xem bản ghi của tập dữ liệu chủ", "Read records of a master data set"),
    Action("master.files.dropped", "Bỏ kết quả ghép vì bảng đã xóa dữ liệu", "Dropped matches after an erasure"),
)
