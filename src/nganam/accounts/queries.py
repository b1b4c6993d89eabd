"""Every read of people."""

import hashlib
import hmac
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.accounts.models import ApiKey, Person
from nganam.kernel.errors import NotFound

LONGEST_KEY = 100


def person(username: str) -> Person:
    """Return the person with this username (any case), active or not; raise ``NotFound``."""
    found = Person.objects.filter(username=username.strip().lower()).first()
    if found is None:
        raise NotFound(_("Không có tài khoản “%(username)s”.") % {"username": username})
    return found


def people(text: str = "") -> QuerySet[Person]:
    """Return people by username, narrowed to those whose name or username contains ``text``."""
    rows = Person.objects.order_by("username")
    return rows.filter(Q(username__icontains=text) | Q(full_name__icontains=text)) if text else rows


def api_keys_of(username: str) -> QuerySet[ApiKey]:
    """Return a person's API keys, newest first, revoked ones among them."""
    return ApiKey.objects.filter(person__username=username)


def holder_of(key: str, at: datetime) -> ApiKey | None:
    """Return the API key that ``key`` is, if it is in force at ``at`` and its person's account is open."""
    prefix, _dot, secret = key.partition(".")
    if not secret or len(key) > LONGEST_KEY or not key.isascii():
        return None
    found = ApiKey.objects.select_related("person").filter(prefix=prefix).first()
    kept = found.hash if found else ""
    # Compared also when nothing was found, so that time does not tell which prefixes exist.
    right = hmac.compare_digest(hashed_key(prefix, secret), kept or "-" * 64)
    if found is None or not right or found.revoked_at is not None or found.expires_at <= at:
        return None
    return found if found.person.is_active else None


def hashed_key(prefix: str, secret: str) -> str:
    """Return what is kept of a key. A fast hash will do: the secret is 256 random bits, not a password."""
    return hmac.new(prefix.encode(), secret.encode(), hashlib.sha256).hexdigest()
