"""The public statistics page and its numbers as open data."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from nganam.face.doors import Audience, door
from nganam.reporting import queries
from nganam.sharing.requests.workflow import REQUEST


@door(Audience.PUBLIC)
def statistics(request: HttpRequest) -> HttpResponse:
    """Show what was shared and opened, counted (S17.1đ)."""
    series = queries.calls_by_day(request.at)
    outcomes = queries.requests_by_outcome()
    answered, in_time = queries.answered_in_time()
    context = {
        "totals": queries.totals(request.at),
        "days": queries.DAYS,
        "chart": {
            "kind": "bar",
            "stacked": True,
            "x": [f"{day:%d/%m}" for day in series["days"]],
            "series": [
                {"name": _("Thành công"), "values": series["good"]},
                {"name": _("Bị từ chối hoặc lỗi"), "values": series["bad"]},
            ],
        },
        "rankings": [
            (_("Dịch vụ được gọi nhiều"), queries.by_service(request.at)),
            (_("Cơ quan cung cấp"), queries.by_provider(request.at)),
            (_("Cơ quan khai thác"), queries.by_consumer(request.at)),
        ],
        "outcomes": [(REQUEST.state(name), number) for name, number in outcomes.items()],
        "answered": answered,
        "in_time": in_time,
        "outside": queries.outside_province(),
        "outside_services": queries.outside_services(),
        "disputes": queries.disputes_by_kind(),
        "at": request.at,
    }
    return render(request, "reporting/statistics.html", context)


@door(Audience.PUBLIC)
def statistics_csv(request: HttpRequest) -> HttpResponse:
    """Send the page's numbers as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["bang", "ma", "ten", "gia_tri"])
    writer.writerows(queries.lines(request.at))
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="thong-ke-chia-se-du-lieu.csv"'
    return response
