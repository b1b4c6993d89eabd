"""The door of the desk: somebody signed in, on the day of the stories."""

import pytest
import time_machine

import scenes


@pytest.fixture
def browse(client, province):
    """Return the function that signs somebody in and returns the browser."""
    with time_machine.travel(scenes.AT, tick=False):

        def enter(username):
            client.logout()
            assert client.login(username=username, password=scenes.PASSWORD)
            return client

        yield enter
