"""Real requests at the same moment, on a database that commits (the fixture ``committed_db``)."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

import scenes

SECOND = (("mai", "Lý Mai", "CT-SYT"), ("son", "Kim Sơn", "CT-X31507"))


def second_officers() -> None:
    """Post a second focal officer at Sở Y tế and at the commune."""
    from nganam.agencies.operations import name_posting
    from nganam.kernel.actors import system

    for username, name, agency in SECOND:
        person = get_user_model().objects.create_user(username, password=scenes.PASSWORD, full_name=name)
        name_posting(
            actor=system("test"), at=datetime(2025, 7, 1, tzinfo=UTC), person=person, agency=agency, role="focal",
            valid_from=date(2025, 7, 1),
        )  # fmt: skip


def signed_in(username: str) -> Client:
    """Return a browser somebody is signed in with."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=username))
    return client


def twin(client: Client) -> Client:
    """Return a second browser window of the same person, for a request beside the first."""
    again = Client()
    again.cookies = client.cookies
    return again


def together(*deeds: Callable[[], Any]) -> list[Any]:
    """Do deeds at the same moment, each in a thread with a connection of its own; return their answers in order."""
    ready, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            ready.wait(timeout=10)
            answers[place] = deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return answers


def statuses(answers: list[Any]) -> list[int]:
    """Return the statuses in order of size."""
    return sorted(one.status_code for one in answers)


def refused(answers: list[Any]) -> str:
    """Return the page of the one that was refused."""
    (page,) = (one.content.decode() for one in answers if one.status_code == 422)
    return str(page)
