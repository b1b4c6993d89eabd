"""The administrator, who only appears in these rooms."""

import pytest

from nganam.kernel.actors import Actor, Kind, Role


@pytest.fixture
def quantri():
    return Actor(Kind.PERSON, "quantri", "Quản Trị Viên", "CT-SKHCN", frozenset({Role.ADMIN}))
