"""An answer as a workbook: one sheet for the figures, one that says what was asked of which version."""

import io

from django.utils.translation import gettext as _

from nganam.analysis.answering import Answer, as_rows
from nganam.face.formats import datetime_text


def as_xlsx(found: Answer) -> bytes:
    """Return the workbook; texts stay texts, whatever they begin with."""
    import xlsxwriter  # noqa: PLC0415 - only a download needs it

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        sheet = book.add_worksheet(_("Kết quả"))
        for place, row in enumerate(as_rows(found)):
            sheet.write_row(place, 0, row, bold if place == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
        about = book.add_worksheet(_("Nguồn"))
        for place, told in enumerate(_about(found)):
            about.write_row(place, 0, told)
        about.autofit()
    return out.getvalue()


def _about(found: Answer) -> list[tuple[str, str]]:
    scope = found.scope
    told = [
        (_("Bảng"), scope.table.title),
        (_("Cơ quan"), scope.table.agency.name),
        (_("Phiên bản"), f"{scope.version.number} · {datetime_text(scope.version.committed_at)}"),
        ("SHA-256", scope.version.sha256),
    ]
    if scope.account:
        told.append((_("Trong phạm vi tài khoản"), scope.account.code))
    if found.hidden:
        told.append((_("Nhóm không hiện vì quá ít bản ghi"), str(found.hidden)))
    return told
