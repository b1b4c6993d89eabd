"""Figures for Prometheus, made anew for each scrape from the database and the platform's own notes.

Counters come from the tallies of all time, which only grow. Labels name services, providers and outcomes, never who
called or what was asked.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from nganam.jobs.queries import health as jobs_health
from nganam.lgsp import gateway, queries
from nganam.lgsp.evidence import guard
from nganam.lgsp.evidence import log as evidence
from nganam.lgsp.evidence.guard import FREE_MB, free_bytes
from nganam.lgsp.logbook import folder
from nganam.lgsp.models import Incident, Intake, Tally
from nganam.lgsp.watching import buckets, rules
from nganam.lgsp.watching.measuring import Figures

EDGES = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
OUTCOMES = ("answered", "refused", "failed", "stopped")
BY = ["service", "provider"]


class Exchange(Collector):
    """Collects at the moment of a scrape."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from _calls()
        yield from _log(self.at)
        yield from _gateways()
        yield from _jobs(self.at)
        yield _incidents()
        yield from _disk()


def exposition(at: datetime) -> bytes:
    """Return the figures in Prometheus's text form."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Exchange(at))
    return generate_latest(registry)


def _calls() -> Iterator[Metric]:
    calls = CounterMetricFamily("nganam_lgsp_calls", "Calls by outcome", labels=[*BY, "outcome"])
    sent = CounterMetricFamily("nganam_lgsp_bytes", "Bytes by direction", labels=[*BY, "direction"])
    times = HistogramMetricFamily("nganam_lgsp_duration_seconds", "Seconds of answered calls", labels=BY)
    for (service, provider), found in sorted(_by_service().items()):
        for outcome in OUTCOMES:
            calls.add_metric([service, provider, outcome], getattr(found, outcome))
        sent.add_metric([service, provider, "request"], found.request_bytes)
        sent.add_metric([service, provider, "response"], found.response_bytes)
        times.add_metric([service, provider], _cumulative(found), found.milliseconds / 1000)
    yield from (calls, sent, times)


def _by_service() -> dict[tuple[str, str], Figures]:
    found: dict[tuple[str, str], Figures] = {}
    for row in Tally.objects.filter(grain=Tally.Grain.TOTAL).values():
        found.setdefault((row["service"], row["provider"]), Figures()).add(row)
    return found


def _cumulative(found: Figures) -> list[tuple[str, float]]:
    """Return counts at or below each edge; a bucket that reaches over an edge counts above it."""
    told = [(edge, sum(n for one, n in found.durations.items() if buckets.edge(one) <= edge)) for edge in EDGES]
    return [*((str(edge / 1000), float(n)) for edge, n in told), ("+Inf", float(found.answered))]


def _gauge(name: str, about: str, value: float | None) -> Iterator[Metric]:
    """Yield a gauge; nothing when the value is not known: an absent figure is seen, a zero would lie."""
    if value is not None:
        yield GaugeMetricFamily(name, about, value=value)


def _log(at: datetime) -> Iterator[Metric]:
    size, newest, said = evidence.read_state(folder()).size, evidence.latest(folder()), _status()
    taken = Intake.objects.order_by("-updated_at").values_list("following", "unreadable").first() or (0, 0)
    yield from _gauge("nganam_lgsp_log_entries", "Entries of the exchange log", size)
    yield from _gauge("nganam_lgsp_intake_lag_entries", "Entries not yet taken into rows", max(size - taken[0], 0))
    yield CounterMetricFamily("nganam_lgsp_unreadable_lines", "Lines of logs that were no calls", value=taken[1])
    age = at.timestamp() - newest.at if newest else None
    yield from _gauge("nganam_lgsp_checkpoint_age_seconds", "Age of the newest signed checkpoint", age)
    seen = at.timestamp() - float(said["at"]) if "at" in said else None
    yield from _gauge("nganam_lgsp_collector_age_seconds", "Seconds since the collector said it works", seen)
    yield from _gauge("nganam_lgsp_refusing", "1 when calls are refused for want of disk", _refusing(said))


def _refusing(said: dict[str, Any]) -> bool:
    told = [guard.told(node.folder) for node in gateway.nodes(queries.data())]
    return bool(said.get("refusing")) or any(one is not None and one >= guard.REFUSE for one in told)


def _status() -> dict[str, Any]:
    try:
        said = json.loads((folder() / "status.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _gateways() -> Iterator[Metric]:
    live = GaugeMetricFamily("nganam_lgsp_node_live", "1 when a gateway serves", labels=["node"])
    rejected = GaugeMetricFamily("nganam_lgsp_node_rejected_files", "Files refused since its start", labels=["node"])
    number = GaugeMetricFamily("nganam_lgsp_node_snapshot", "Snapshot under which calls pass", labels=["node"])
    for node in gateway.nodes(queries.data()):
        health = gateway.health(queries.data(), node.name)
        live.add_metric([node.name], health.live)
        rejected.add_metric([node.name], health.rejected)
        number.add_metric([node.name], health.snapshot)
    yield from (live, rejected, number)


def _jobs(at: datetime) -> Iterator[Metric]:
    found = jobs_health(at)
    jobs = GaugeMetricFamily("nganam_jobs", "Background jobs by state", labels=["state"])
    for state in ("ready", "running", "failed"):
        jobs.add_metric([state], getattr(found, state))
    yield jobs
    yield from _gauge("nganam_job_workers", "Worker processes alive", found.workers)
    oldest = found.oldest_ready_at
    waiting = (at - oldest).total_seconds() if oldest else 0.0
    yield from _gauge("nganam_job_oldest_ready_seconds", "How long the oldest ready job has waited", waiting)


def _incidents() -> Metric:
    found = GaugeMetricFamily("nganam_lgsp_incidents_open", "Open incidents by rule", labels=["rule"])
    rows = Incident.objects.filter(closed_at__isnull=True).order_by().values_list("rule").annotate(Count("pk"))
    counts = dict(rows)
    for key in rules.BY_KEY:
        found.add_metric([key], counts.get(key, 0))
    return found


def _disk() -> Iterator[Metric]:
    yield from _gauge("nganam_disk_free_bytes", "Bytes free where the platform writes", free_bytes(queries.data()))
    needed = _status().get("must_be_free", FREE_MB * 1024 * 1024)
    yield from _gauge("nganam_disk_needed_bytes", "Below this many free bytes calls are refused", needed)
