"""What the exchange tells of a service: its endpoints and its OpenAPI document, for X-Road's questions."""

import json
import re
from functools import lru_cache
from typing import Any

from django.conf import settings

from nganam.lgsp.envoy.decided import operation_code
from nganam.services import openapi
from nganam.services.models import Service
from nganam.serving.snapshot import Listed

METHODS = ("get", "head", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{[^}]*\}")


def listed(service: Service) -> Listed:
    """Return a service as the data server lists it; its endpoints are those of its document, ``*`` for parameters."""
    paths: dict[str, Any] = json.loads(document_of(service))["paths"]
    endpoints = tuple(
        (method.upper(), _PARAMETER.sub("*", path))
        for path, operations in sorted(paths.items())
        for method in METHODS
        if method in operations
    )
    return Listed(service.code, service.provider.code, service.subsystem, endpoints, _operations(service))


def _operations(service: Service) -> tuple[tuple[str, str, str], ...]:
    """Return the operations in the document's form and order, with their codes."""
    named = ((one["method"], one["path"], operation_code(service.code, one["method"], one["path"]))
             for one in service.operations)  # fmt: skip
    found = ((method, "/" + path.strip("/").replace("**", "*"), code) for method, path, code in named)
    return tuple(sorted(found, key=lambda one: one[1]))


def document_of(service: Service) -> bytes:
    """Return the OpenAPI document of a service as JSON; written once per version of it."""
    return _written(_Known(service))


class _Known:
    """A service as the key of what was written for it: equal while nothing of it has changed."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.mark = (service.pk, service.version, service.updated_at, service.provider.name, _addresses())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.mark == other.mark

    def __hash__(self) -> int:
        return hash(self.mark)


def _addresses() -> tuple[str, str, str]:
    token_url = f"{str(settings.NGANAM_PUBLIC_URL).rstrip('/')}/oauth2/token"
    return str(settings.NGANAM_GATEWAY_URL), token_url, str(settings.NGANAM_INSTANCE)


@lru_cache(maxsize=4096)
def _written(known: _Known) -> bytes:
    gateway_url, token_url, instance = _addresses()
    made = openapi.document(known.service, gateway_url=gateway_url, token_url=token_url, instance=instance)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
