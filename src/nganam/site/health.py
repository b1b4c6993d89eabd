"""Health: what a supervisor or a load balancer asks."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from nganam.face.doors import Audience, door


@door(Audience.PUBLIC)
def alive(_request: HttpRequest) -> HttpResponse:
    """Answer that this process serves; touches nothing else."""
    return JsonResponse({"status": "ok"})


@door(Audience.PUBLIC)
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer whether the database answers too; 503 with the same shape when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever is wrong with the database, the answer is "not ready"
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok"})
