"""Programs of the members of the cast."""

from collections.abc import Callable

import pytest
from django.test import Client

from by_program import program_of
from nganam.kernel.actors import Actor


@pytest.fixture
def program(province) -> Callable[[Actor], Client]:
    """Return the function that gives a member of the cast a program with a key of theirs."""
    return program_of
