"""Who uses a service, told to the register below: the applications with an account that is not over (D40)."""

from collections.abc import Iterator

from nganam.services.consumers import Consumer
from nganam.services.models import Service
from nganam.sharing.accounts.models import OVER, Account


def consumers_of(service: Service) -> Iterator[Consumer]:
    """Yield each application that holds, or may soon hold again, a connection to the service."""
    live = Account.objects.filter(service=service).exclude(state__in=OVER).select_related("application__agency")
    for one in live:
        yield Consumer(
            agency=one.consumer.code, agency_name=one.consumer.name, application=one.application.name,
            account=one.code, fields=tuple(one.granted_fields), link=one.get_absolute_url(),
        )  # fmt: skip
