"""Figures for Prometheus. Labels name services and statuses, never consumers' questions."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
ANSWERS = Counter("nganam_serving_answers", "Answers by service and status", ["service", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "nganam_serving_seconds", "Seconds to answer", ["question"], registry=REGISTRY,
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)  # fmt: skip


def exposition() -> bytes:
    """Return the figures in Prometheus's text form."""
    return generate_latest(REGISTRY)
