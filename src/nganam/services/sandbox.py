"""Sandbox twins of services: which services have one, where it is, and that its made-up data are there.

A service that reads from the warehouse has a twin at the same address under the instance of the sandbox (X-Road tells
environments apart by the instance, too): same operations, same items, same refusals, rows of nobody.
"""

from datetime import datetime

import structlog

from nganam.kernel.sandbox import instance_of
from nganam.services.models import LIVE, Service
from nganam.services.queries import gateway_path
from nganam.warehouse import sandbox
from nganam.warehouse.models import Table

log = structlog.get_logger(__name__)


def has_twin(service: Service) -> bool:
    """Say whether a service has a sandbox twin: what an agency's own system answers cannot be made up here."""
    return service.table_id is not None and service.state in LIVE


def twin_path(service: Service, instance: str) -> str:
    """Return the path of a service's twin on the LGSP."""
    return gateway_path(service, instance_of(instance))


def ensure_copies(*, at: datetime) -> list[str]:
    """Make the sandbox copies that live services lack or whose contract has changed; return their tables' codes.

    A table whose copy cannot be made is logged and passed over: the others are not made to wait for it.
    """
    tables = Table.objects.filter(services__state__in=LIVE).distinct().order_by("code")
    return [table.code for table in tables if _ensure(table, at)]


def _ensure(table: Table, at: datetime) -> bool:
    try:
        return sandbox.ensure_copy(table, at=at)
    except Exception:
        log.exception("sandbox_copy_failed", table=table.code)
        return False
