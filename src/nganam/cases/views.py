"""Files of a case's papers, for those who may see the case."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.cases.papers import FORMATS, get_paper_for
from nganam.documents import keeping
from nganam.face.doors import Audience, door
from nganam.kernel.errors import NotFound


@door(Audience.OFFICER)
@require_safe
def paper_file(request: HttpRequest, code: str, name: str, file_format: str) -> HttpResponse:
    """Give a letter as PDF, or as DOCX to be worked on further; ``name`` is for people and may be any."""
    paper = get_paper_for(request.actor, code)
    made, kind = FORMATS.get(file_format, (None, ""))
    if made is None:
        raise NotFound(
            _("Văn bản không có ở dạng “%(form)s”.") % {"form": file_format[:10]}, hint=_("Chọn bản PDF hoặc DOCX.")
        )
    answer = HttpResponse(made(paper), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{keeping.file_name(paper)}.{file_format}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
