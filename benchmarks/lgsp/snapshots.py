"""Snapshots of the gateway at size: compiling, a decision's way to every node, memory, and what a call costs.

Real registers in a SQLite database of its own, a real Envoy and data server, the real keeper. The cost of a call is
taken in turn from a gateway with one service and from the large one. ``--services``, ``--applications``, ``--grants``
and ``--decisions`` change the size; ``--nodes`` how many gateways learn of each decision.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

sys.path.insert(0, str(measure.ROOT / "tests"))
CALLS = 3_000
CHUNK = 1_000
ANSWERED = 200


def arguments() -> argparse.Namespace:
    """Read the size to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("services", 1_000), ("applications", 1_000), ("grants", 20_000), ("decisions", 100), ("nodes", 2),
        ("calls", CALLS),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--no-keep", action="store_true", help="only print the figures")
    parser.add_argument("--data", help="not used: this benchmark makes its own data")
    return parser.parse_args()


def prepare(folder: Path) -> None:
    """Point Django at a new database in ``folder`` and enter the cast of the tests."""
    os.environ["NGANAM_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "nganam.site.settings"
    os.environ.pop("NGANAM_DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from cast import make_cast

    make_cast()


def clone(row: Any, **changes: Any) -> Any:
    """Return an unsaved copy of a row."""
    columns = type(row)._meta.concrete_fields  # noqa: SLF001 - Django's own name
    values = {one.attname: getattr(row, one.attname) for one in columns if not one.primary_key}
    return type(row)(**{**values, **changes})


def grow(account: Any, options: argparse.Namespace) -> None:
    """Add services, applications and accounts like the first ones, straight into the tables."""
    from nganam.services.models import Service, ServiceField
    from nganam.sharing.models import Account, Application, Request

    first, fields = account.service, list(account.service.fields.all())
    made = [clone(first, code=f"DV-2027-{number:05d}") for number in range(options.services - 1)]
    Service.objects.bulk_create(made, batch_size=CHUNK)
    services = list(Service.objects.order_by("id"))
    copies = [clone(field, service_id=one.pk) for one in services[1:] for field in fields]
    ServiceField.objects.bulk_create(copies, batch_size=CHUNK)
    more = [clone(account.application, code=f"UD{number:05d}") for number in range(options.applications - 1)]
    Application.objects.bulk_create(more, batch_size=CHUNK)
    applications = list(Application.objects.order_by("id"))
    pairs = list(spread(len(applications), len(services), options.grants))[1:]
    asked = [
        clone(
            account.request, code=f"YC-2027-{number:06d}", application_id=applications[a].pk,
            service_id=services[s].pk,
        )
        for number, (a, s) in enumerate(pairs)
    ]  # fmt: skip
    Request.objects.bulk_create(asked, batch_size=CHUNK)
    requests = Request.objects.filter(code__startswith="YC-2027").order_by("code")
    granted = [
        clone(account, code=f"TK-2027-{number:06d}", application_id=one.application_id, service_id=one.service_id,
              request_id=one.pk)
        for number, one in enumerate(requests)
    ]  # fmt: skip
    Account.objects.bulk_create(granted, batch_size=CHUNK)


def spread(applications: int, services: int, grants: int) -> Iterator[tuple[int, int]]:
    """Give ``grants`` different pairs of application and service, the first of each first."""
    for number in range(grants):
        application = number % applications
        yield application, (number // applications + application * 7) % services if number else 0


def timed(deed: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds a deed took, and what it gave."""
    began = time.perf_counter()
    found = deed()
    return time.perf_counter() - began, found


def stages(folder: Path) -> measure.Figures:
    """Time each stage of a publication by itself, without putting anything in place."""
    from django.utils import timezone

    from nganam.lgsp import publishing, queries, reading, swapping
    from nganam.lgsp.envoy.compiling import compile_gateway

    at = timezone.now()
    read, decided = timed(lambda: queries.decided_gateway(at))
    told, serving = timed(lambda: reading.decided_serving(at, 1))
    compiled, files = timed(lambda: compile_gateway(decided))
    written, content = timed(lambda: publishing._encoded(files, 1))  # noqa: SLF001 - what publication does
    written_too, snapshot = timed(lambda: publishing.write_snapshot(serving))
    checked, _ = timed(lambda: swapping.check(files, folder / "gateway"))
    return {
        "read_s": read + told, "compile_s": compiled, "write_s": written + written_too, "envoy_check_s": checked,
        "rds_MB": len(content["rds.json"]) / 1e6, "serving_MB": len(snapshot) / 1e6,
    }  # fmt: skip


def published() -> measure.Figures:
    """Publish everything at once, and wait until every node has it."""
    from django.utils import timezone

    from nganam.lgsp import publishing
    from nganam.lgsp.snapshots import watching

    took, _ = timed(lambda: publishing.publish_snapshot(at=timezone.now()))
    began = time.perf_counter()
    while not all(one.current for one in watching.node_states()):
        time.sleep(0.01)
    return {"publish_s": took, "nodes_take_s": time.perf_counter() - began}


def decisions(cluster: Any, account: Any, path: str, token: str, count: int) -> dict[str, list[float]]:
    """Lock and restore an account in turn; return seconds from the commit until every node answers so."""
    from django.utils import timezone

    import scenes
    from nganam.sharing.accounts.operations import move_account

    took: dict[str, list[float]] = {"lock": [], "restore": []}
    for turn in range(count):
        time.sleep(turn * 0.37 % 1)  # decisions come at any moment, not all right behind a publication
        step, status = (("lock", 403), ("restore", 200))[turn % 2]
        reason = {"reason": "Đo"} if step == "lock" else {}
        account = move_account(actor=scenes.LAN, at=timezone.now(), account=account, transition=step, **reason)
        began = time.perf_counter()
        for node in range(1, cluster.size + 1):
            while cluster.ask(path, token, node).status != status:
                time.sleep(0.002)
        took[step].append(time.perf_counter() - began)
        # The deny list acts first; a restore counts from when the data servers too have been told of the lock.
        until_told(account, granted=status == ANSWERED)
    return took


def until_told(account: Any, *, granted: bool) -> None:
    """Wait until the data servers' snapshot has, or has not, the account's grant."""
    from nganam.lgsp import publishing, queries
    from nganam.serving.snapshot import read_snapshot

    while True:
        told = read_snapshot(queries.data() / publishing.TOLD).grants.get(account.subject, {})
        if (account.service.code in told) == granted:
            return
        time.sleep(0.05)


@contextmanager
def cluster_on(folder: Path, size: int, *, keeper: bool) -> Iterator[Any]:
    """Run gateways and data servers on a folder."""
    from node_rig import Cluster

    running = Cluster(folder, size=size)
    try:
        running.start_all()
        if keeper:
            running.start_keeper()
        yield running
    finally:
        running.stop()


def figures(seconds: list[float]) -> measure.Figures:
    """Return percentiles of seconds."""
    return {
        "p50_s": statistics.median(seconds), "p95_s": measure.percentile(seconds, 95),
        "p99_s": measure.percentile(seconds, 99), "max_s": max(seconds),
    }  # fmt: skip


def called(cluster: Any, path: str, token: str, calls: int) -> measure.Figures:
    """Call one service and tell what it cost the gateway and the data server."""
    question = measure.request(path, {"Authorization": f"Bearer {token}"})
    leaders = {"gateway": cluster.processes["gateway"].pid, "serving": cluster.processes["serving"].pid}
    return measure.served(leaders, cluster.gateways[0], [question], alone=calls // 3, crowd=calls, c=4)


def token_for(account: Any) -> str:
    """Return a token of an account, as the token endpoint signs it."""
    from django.utils import timezone

    import scenes
    from nganam.lgsp import operations, tokens

    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    return tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text


def run(options: argparse.Namespace, folder: Path) -> measure.Result:
    """Measure the small snapshot, then the large one, then calls under both in turn."""
    from django.utils import timezone

    import scenes
    from nganam.lgsp.operations import publish_snapshot
    from nganam.services.models import Service
    from nganam.services.queries import gateway_path
    from nganam.sharing.models import Account

    account = scenes.account()
    Service.objects.update(rate_per_minute=10_000_000, updated_at=timezone.now())
    account.service.refresh_from_db()
    path, cases = gateway_path(account.service, "VN") + "/00123", {}
    publish_snapshot(at=timezone.now())
    cases["one service: stages"] = stages(folder)
    small = copied(folder)
    grow(account, options)
    name = f"{options.services} services, {options.grants} grants"
    with cluster_on(folder, options.nodes, keeper=False) as cluster:
        cases[f"{name}: stages"] = stages(folder)
        cases[f"{name}: whole publication"] = published()
        cluster.start_keeper()
        here = Account.objects.get(pk=account.pk)
        decisions(cluster, here, path, token_for(account), 2)  # the keeper has read everything once
        took = decisions(cluster, Account.objects.get(pk=account.pk), path, token_for(account), options.decisions)
        cases[f"{name}: lock on {options.nodes} nodes"] = figures(took["lock"])
        cases[f"{name}: restore on {options.nodes} nodes"] = figures(took["restore"])
        cluster.kill("keeper")
        memory = {one: measure.resident_mb(cluster.processes[one].pid) for one in ("gateway", "serving")}
        cases[f"{name}: memory"] = {f"{one}_MB": value for one, value in memory.items()}
        middle = Account.objects.filter(code__startswith="TK-2027").order_by("service_id")[options.grants // 2]
        far = gateway_path(middle.service, "VN") + "/00123"
        with cluster_on(small, 1, keeper=False) as alone:
            large = f"call, {options.services} services"
            turns = {
                "call, one service": lambda: called(alone, path, token_for_once(account), options.calls),
                f"call, {options.services} services": lambda: called(
                    cluster, far, token_for_once(middle), options.calls
                ),
            }
            ratios = [(one, large, "call, one service")
                      for one in ("cpu_gateway_ms", "cpu_serving_ms", "p50_ms")]  # fmt: skip
            calls = measure.rounds("", turns, ratios=ratios)
    return measure.Result("Snapshots at size", {**cases, **calls.cases}, calls.ratios, notes(options))


_tokens: dict[int, str] = {}


def token_for_once(account: Any) -> str:
    """Return a token of an account, made once: a measurement takes less than its five minutes."""
    if account.pk not in _tokens:
        _tokens[account.pk] = token_for(account)
    return _tokens[account.pk]


def copied(folder: Path) -> Path:
    """Return another data folder with the same files of the data plane."""
    import shutil

    other = folder.parent / "small"
    for name in ("gateway", "serving", "replicas", "keys"):
        shutil.copytree(folder / name, other / name, ignore=shutil.ignore_patterns("*.sock", "listen.json"))
    return other


def notes(options: argparse.Namespace) -> list[str]:
    """Tell what was measured."""
    size = f"{options.services} services, {options.applications} applications, {options.grants} grants"
    told = f"{options.decisions} decisions (lock and restore in turn), each until all {options.nodes} nodes answer so"
    return [f"{size}; {told}; SQLite; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."]


def main() -> None:
    """Run, print the table, keep the figures."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="nganam-bench-") as scratch:
        folder = Path(scratch) / "data"
        folder.mkdir()
        prepare(folder)
        result = run(options, folder)
    print(measure.table(result), flush=True)
    if not options.no_keep:
        measure.keep("lgsp/snapshots", result)


if __name__ == "__main__":
    main()
