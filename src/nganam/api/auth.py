"""Who calls: an officer's own program, by the officer's API key. It may what the officer may, no more."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from nganam.accounts import keys
from nganam.accounts.queries import holder_of
from nganam.agencies.queries import actor_for
from nganam.kernel.actors import Actor


class OfficerKey(HttpBearer):
    """``Authorization: Bearer nn_….…``: sets ``request.actor`` to the officer at the key's agency."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the officer the key belongs to; ``None`` (401) for any other key or an officer who has left."""
        key = holder_of(token, request.at)
        if key is None:
            return None
        actor = actor_for(key.person, request.at, agency_code=key.agency)
        # The first posting stands in for one that has ended: a key acts for its own agency or not at all.
        if actor.agency != key.agency:
            return None
        keys.note_use(key, at=request.at)
        request.actor = actor
        return actor
