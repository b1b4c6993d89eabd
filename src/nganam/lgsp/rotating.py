"""Changing the credential of an account without a break: issue the new one, let both work, revoke the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from nganam.lgsp.models import Credential

TAKING_TURNS = frozenset({Credential.Kind.SECRET, Credential.Kind.KEY})


@dataclass(frozen=True, slots=True)
class Rotation:
    """Where a change stands: ``old`` is what remains to be revoked once ``new`` is seen in use."""

    new: Credential | None
    old: tuple[Credential, ...]

    @property
    def under_way(self) -> bool:
        """Say whether an old credential still works beside the new one."""
        return bool(self.old)

    @property
    def may_finish(self) -> bool:
        """Say whether the application was seen with the new credential: to revoke the old one breaks nothing."""
        return self.under_way and self.new is not None and self.new.last_used_at is not None

    @property
    def step(self) -> int:
        """Return the step to take: 1 issue the new one, 2 put it into the application, 3 revoke the old one."""
        if not self.under_way:
            return 1
        return 3 if self.may_finish else 2


def rotation_of(credentials: Sequence[Credential], today: date) -> Rotation | None:
    """Return the rotation an account's ``credentials`` (newest first) are in; ``None`` while there is none to change.

    The newest live credential is the new one. Only secrets and keys take turns: a certificate is renewed by itself, an
    API key is another way in.
    """
    live = [one for one in credentials if one.kind in TAKING_TURNS and one.is_live and not one.is_over(today)]
    return Rotation(live[0], tuple(live[1:])) if live else None
