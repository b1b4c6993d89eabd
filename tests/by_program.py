"""What the tests of the JSON interface share: how a call is sent, what a refusal looks like, an officer's program."""

from typing import Any

from django.test import Client
from django.utils import timezone

from nganam.accounts import keys
from nganam.kernel.actors import Actor

JSON: Any = {"content_type": "application/json"}


def program_of(actor: Actor) -> Client:
    """Give a member of the cast a program with a key of theirs."""
    _key, text = keys.issue_api_key(actor=actor, at=timezone.now(), name="Quản lý văn bản", days=30)
    return Client(headers={"authorization": f"Bearer {text}"})


def refused(answer: Any, status: int, code: str) -> Any:
    """Return the problem document of an answer that must be this refusal."""
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    return said


def done(answer: Any, status: int = 200) -> Any:
    """Return the body of an answer that must not be a refusal."""
    assert answer.status_code == status, answer.content.decode()
    return answer.json()
