"""Health: what a supervisor or a load balancer asks."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from nganam.face.doors import Audience, door
from nganam.lgsp.proving import collector_status


@door(Audience.PUBLIC)
def alive(_request: HttpRequest) -> HttpResponse:
    """Answer that this process serves; touches nothing else."""
    return JsonResponse({"status": "ok"})


@door(Audience.PUBLIC)
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer whether the database answers too; 503 with the same shape when it does not.

    ``evidence`` is how the exchange log is written: pages serve whatever it says, but ``refusing`` means that the
    gateway takes no calls for want of disk, and ``nearly_full`` that it soon will not.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever is wrong with the database, the answer is "not ready"
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok", "evidence": collector_status(timezone.now()).state})
