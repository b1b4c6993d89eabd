"""What a public page costs: home, search, a dataset; the floor is a bare Django page of two hundred lines.

CPU is that of all web processes per request (each page has been asked for before, so what is kept once is kept);
latency is that of one visitor at a time, then of four at once.
"""

import measure

PAGES = {
    "home": "/",
    "search": "/tim-kiem/?q=kham%20chua%20benh",
    "dataset": "/du-lieu/co-so-kham-chua-benh/",
}
ALONE, CROWD, VISITORS = 40, 40, 4


def run(demo: measure.Platform) -> measure.Result:
    """Measure the pages in turn with the bare page."""
    port = measure.free_port()
    with measure.server(measure.granian("wsgi", "bare_django:application", port), port) as bare:
        cases = {name: _case(demo.leader("web"), demo.port("web"), path) for name, path in PAGES.items()}
        cases["bare Django"] = _case(bare, port, "/", times=10)
        ratios = [("cpu_ms", name, "bare Django") for name in PAGES]
        return measure.rounds("Pages: CPU and latency per request", cases, ratios=ratios)


def _case(leader: int, port: int, path: str, times: int = 1) -> measure.Case:
    asked = [measure.request(path, {"Accept-Encoding": "gzip"})]
    size = len(measure.drive(port, asked, 5, keep=True).bodies[0])

    def turn() -> measure.Figures:
        figures = measure.served({"web": leader}, port, asked, alone=ALONE * times, crowd=CROWD * times, c=VISITORS)
        return figures | {"kB": size / 1000}

    return turn


if __name__ == "__main__":
    measure.main("pages", run)
