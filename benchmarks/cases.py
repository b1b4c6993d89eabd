"""What officers' pages cost among 20 000 cases of every kind, of 130 agencies and 500 officers.

Bar: any list or case page at most 30 ms of CPU and 15 queries; the benchmark fails when a page misses it. The province
is built once, beside the demo's folder (``<data>-many``); ``--database postgresql://…`` builds and asks it there.

CPU is that of the process that answers. When other work shares the cores the same page costs up to twice as much, so a
fixed piece of work (a bare template of 200 lines) is measured before each request: ``floors`` says how many of it a
page costs, ``scaled_ms`` as many of the least it cost in all rounds. That least was still taken beside whatever ran:
only on a quiet machine is it what the page costs alone. ``scaled_ms`` and ``queries`` are held to the bar.
"""

import json
import os
import statistics
import subprocess
import sys

import measure

BAR_MS, BAR_QUERIES, TIMES = 30, 15, 7


def main() -> int:
    """Build, ask in rounds, print; return 1 when a page misses the bar."""
    chosen = measure.options(sys.argv[1:])
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "nganam.site.settings"}
    env["NGANAM_DATA"] = f"{chosen.data.resolve()}-many"
    name = "cases"
    if chosen.database:
        env |= {"NGANAM_DATABASE_URL": chosen.database, "NGANAM_DATA": f"{env['NGANAM_DATA']}-postgresql"}
        name = "cases-postgresql"
    built = _run(env, "many_cases.py")
    taken = json.loads(_run(env, "ask_cases.py", f"--times={TIMES}", f"--rounds={measure.ROUNDS}"))
    result = _together(taken, built)
    print(measure.table(result), flush=True)
    measure.keep(name, result)
    missed = _missed(result)
    print("\n".join(missed) or "Every page keeps within the bar.")
    return 1 if missed else 0


def _run(env: dict[str, str], script: str, *options: str) -> str:
    command = [sys.executable, str(measure.PEERS / script), *options]
    done = subprocess.run(command, cwd=measure.ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return done.stdout.splitlines()[-1]


def _together(taken: list[dict[str, measure.Figures]], built: str) -> measure.Result:
    """Return the medians of the rounds by page, the dearest first."""
    least = min(figures["floor_ms"] for told in taken for figures in told.values())
    pages = {
        page: {key: statistics.median(told[page][key] for told in taken) for key in figures}
        for page, figures in taken[0].items()
    }
    for figures in pages.values():
        del figures["floor_ms"]
    shown = {page: {"scaled_ms": figures["floors"] * least, **figures} for page, figures in pages.items()}
    ordered = dict(sorted(shown.items(), key=lambda one: -one[1]["scaled_ms"]))
    notes = [built, f"The fixed work took {least:.2f} ms of CPU at the least."]
    return measure.Result("Officers' pages among 20 000 cases", ordered, notes=notes)


def _missed(result: measure.Result) -> list[str]:
    return [
        f"MISSES THE BAR: {page}: {figures['scaled_ms']:.1f} ms, {figures['queries']:.0f} queries"
        for page, figures in result.cases.items()
        if figures["scaled_ms"] > BAR_MS or figures["queries"] > BAR_QUERIES
    ]


if __name__ == "__main__":
    sys.exit(main())
