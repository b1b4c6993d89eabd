"""Who may see scans: the police role, the lead agency and the administrator see all, others those of their agency."""

from nganam.kernel.actors import Actor, Role


def sees_all(actor: Actor) -> bool:
    """Say whether the actor sees the scans of every agency."""
    return actor.has(Role.POLICE, Role.LEAD, Role.ADMIN)
