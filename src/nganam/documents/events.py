"""Audit actions of the room."""

from nganam.audit.registry import Action, register

PAPER_REGISTERED = "documents.paper.registered"
PAPER_ISSUED = "documents.paper.issued"
PAPER_WITHDRAWN = "documents.paper.withdrawn"
FILE_STORED = "documents.file.stored"

register(
    Action(PAPER_REGISTERED, "Vào sổ văn bản", "Registered a paper"),
    Action(PAPER_ISSUED, "Phát hành văn bản", "Issued a paper"),
    Action(PAPER_WITHDRAWN, "Thu hồi văn bản", "Withdrew a paper"),
    Action(FILE_STORED, "Lưu tệp", "Stored a file"),
)
