"""What the steps of the walk share: the people with their browsers, what was done before, and how to speak."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nganam.demo.browser import Page, Person, StepFailed
from nganam.demo.province import CAST


@dataclass
class Story:
    """A walk under way."""

    addresses: dict[str, str]
    passwords: dict[str, str]
    kept: dict[str, Any]
    write: Callable[[str, Any], None]
    say: Callable[[str], None]
    browsers: dict[str, Person] = field(default_factory=dict)

    def visitor(self) -> Person:
        """Return a browser nobody signed in with."""
        if "" not in self.browsers:
            self.browsers[""] = Person(self.addresses["web"])
        return self.browsers[""]

    def person(self, username: str) -> Person:
        """Return a member's browser, signed in."""
        if username not in self.browsers:
            name = next(member.full_name for member in CAST if member.username == username)
            browser = Person(self.addresses["web"], name)
            browser.sign_in(username, self.passwords[username])
            self.browsers[username] = browser
        return self.browsers[username]

    def once(self, name: str, deed: Callable[[], Any]) -> Any:
        """Do a deed unless the diary says it is done; return what it brought."""
        if name not in self.kept:
            self.write(name, deed())
        return self.kept[name]

    def tell(self, who: str, text: str) -> None:
        """Say who did what."""
        self.say(f"   {who}: {text}")


def expect(page: Page, *texts: str) -> Page:
    """Fail the step unless the page shows every text."""
    for text in texts:
        if text not in page.text:
            raise StepFailed(f"{page.path}: không thấy “{text}” trên trang")
    return page
