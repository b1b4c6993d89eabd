"""Asks for officers' pages of the province of ``many_cases``, in this process; prints figures by page as JSON.

CPU is this process's own (``time.process_time``) for one whole request through every middleware, as a server would make
it; a database in another process is told apart. Of a kind of case each state has a page; told is the dearest.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import django

PEOPLE = ("lan", "minh")
"""A focal officer of the agency whose services are asked for most, and an officer of the lead agency."""
WARM, LOOK = 2, 2
BARE = "{% for row in rows %}<p><a href='/{{ row.0 }}/'>{{ row.1 }}</a></p>{% endfor %}"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print for each round ``{"lan: /ho-so/": {"cpu_ms": …, "p95_ms": …, "queries": …, "kB": …}, …}``."""
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=7)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--only", default="", help="a word the page's name has")
    options.add_argument("--profile", default="", help="print cProfile's account of one page instead")
    chosen = options.parse_args()
    django.setup()
    asker = Asker()
    found = list(pages(asker, chosen.only))
    if chosen.profile:
        for name, who, path in found:
            profile(asker, name, who, path, chosen.profile)
        return
    rounds = [
        {name: asker.measured(who, path, chosen.times) for name, who, path in found} for _round in range(chosen.rounds)
    ]
    print(json.dumps(rounds))


class Asker:
    """Makes requests as people who are signed in."""

    def __init__(self) -> None:
        from django.template import Context, Engine

        from nganam.site.wsgi import application

        self.application = application
        self.bare = Engine().from_string(BARE)
        self.rows = Context({"rows": [(number, f"Bộ dữ liệu số {number}") for number in range(200)]})
        self.sessions = {who: self._session(who) for who in PEOPLE}

    def _session(self, username: str) -> str:
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(get_user_model().objects.get(username=username))
        return str(client.cookies["sessionid"].value)

    def floor(self) -> None:
        """Do the same work whatever the page: what it takes tells how much the machine's other work costs."""
        self.bare.render(self.rows)

    def get(self, who: str, path: str) -> bytes:
        """Return what a page answers; ``SystemExit`` unless that is 200."""
        place, _mark, query = path.partition("?")
        said: list[str] = []
        answer = self.application(
            {
                "REQUEST_METHOD": "GET", "PATH_INFO": place, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
                "SERVER_PORT": "80", "HTTP_HOST": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
                "wsgi.url_scheme": "http", "HTTP_COOKIE": f"sessionid={self.sessions[who]}" if who else "",
            },
            lambda status, _headers: said.append(status),
        )  # fmt: skip
        body = b"".join(answer)
        answer.close()
        if not said[0].startswith("200"):
            raise SystemExit(f"{who} {path}: {said[0]}")
        return body

    def measured(self, who: str, path: str, times: int) -> dict[str, float]:
        """Ask several times after warming up."""
        for _time in range(WARM):
            size = len(self.get(who, path))
        taken, floors, began = [], [], database_ticks()
        for _time in range(times):
            floors.append(spent(self.floor))
            taken.append(spent(lambda: self.get(who, path)))
        database = (database_ticks() - began) / TICKS / times * 1000
        ordered = sorted(taken)
        figures = {
            "cpu_ms": statistics.median(taken),
            "floors": statistics.median(page / floor for page, floor in zip(taken, floors, strict=True)),
            "floor_ms": min(floors), "p95_ms": ordered[-(-len(ordered) * 95 // 100) - 1],
            "queries": float(len(self.queries(who, path))), "kB": size / 1000,
        }  # fmt: skip
        return figures | ({"database_ms": database} if began else {})

    def queries(self, who: str, path: str) -> list[str]:
        """Return the statements a page makes."""
        from django.db import connection, reset_queries
        from django.test.utils import CaptureQueriesContext

        reset_queries()
        with CaptureQueriesContext(connection) as caught:
            # The request's own start would empty the log.
            self.get(who, path)
        return [one["sql"] for one in caught.captured_queries]

    def cost(self, who: str, path: str) -> float:
        """Return the CPU of a page, roughly."""
        self.get(who, path)
        return spent(lambda: self.get(who, path)) / spent(self.floor)


def spent(deed: Callable[[], object]) -> float:
    """Return the milliseconds of CPU something takes."""
    before = time.process_time()
    deed()
    return (time.process_time() - before) * 1000


def database_ticks() -> int:
    """Return the CPU of the server process behind the connection, 0 when there is none."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


def pages(asker: Asker, only: str) -> Iterator[tuple[str, str, str]]:
    """Yield every page by name: who reads it, where it is."""
    from case_pages import actor_of, case_of_every_state, lists_for
    from nganam.cases.parties import declared

    for who in PEOPLE:
        actor = actor_of(who)
        for place in lists_for(actor):
            if only in (name := f"{who}: {place}"):
                yield name, who, place
        for conduct in declared():
            name = f"{who}: {conduct.machine.code}"
            if only not in name:
                continue
            found = [one.get_absolute_url() for one in case_of_every_state(conduct, actor)]
            costs = {path: min(asker.cost(who, path) for _time in range(LOOK)) for path in found}
            if costs:
                yield name, who, max(costs, key=lambda path: costs[path])
    if only in "calendar":
        yield "calendar", "", calendar()


def calendar() -> str:
    """Return a new calendar address of the lead agency's officer."""
    from django.utils import timezone

    from case_pages import actor_of
    from nganam.desk import operations, queries

    minh = actor_of("minh")
    for old in queries.feeds_of(minh):
        old.delete()
    _feed, secret = operations.issue_feed(actor=minh, at=timezone.now(), name="Đo")
    return f"/lich-thoi-han/{secret}.ics"


def profile(asker: Asker, name: str, who: str, path: str, order: str) -> None:
    """Print where the time of one page goes."""
    import cProfile
    import pstats

    for _time in range(WARM):
        asker.get(who, path)
    with cProfile.Profile() as taken:
        for _time in range(10):
            asker.get(who, path)
    print(name, path)
    pstats.Stats(taken).sort_stats(order).print_stats(45)
    for number, sql in enumerate(asker.queries(who, path), 1):
        print(number, sql[:1500])


if __name__ == "__main__":
    main()
