"""Figures for Prometheus, the dashboard that shows them, and traces: each by the thing itself."""

import http.server
import json
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from evidence_rig import collected, line
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.logbook import ingest_log
from nganam.lgsp.watching import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\bnganam_[a-z0-9_]+")
TOKEN = "ma-cua-prometheus"


@pytest.fixture
def called(data, province):
    """Ninety calls in the log and its rows; the collector has told how it is."""
    now = timezone.now()
    collector = collected(data, *(line(n, at=now.isoformat(), statusCode=(200, 503)[n % 9 == 0]) for n in range(90)))
    collector.seal()
    (collector.folder / "status.json").write_text(json.dumps({"at": now.timestamp(), "free": 1, "size": 90}))
    ingest_log(at=now)


def samples():
    found = {}
    for family in text_string_to_metric_families(metrics.exposition(timezone.now()).decode()):
        for one in family.samples:
            found[one.name, tuple(sorted(one.labels.items()))] = one.value
    return found


@pytest.mark.django_db
def test_counters_and_histogram_say_what_the_log_says(called):
    found = samples()
    by = (("provider", "CT-SYT"), ("service", "DV-2026-0001"))
    assert found["nganam_lgsp_calls_total", (("outcome", "answered"), *by)] == 80
    assert found["nganam_lgsp_calls_total", (("outcome", "failed"), *by)] == 10
    assert found["nganam_lgsp_duration_seconds_count", by] == 80
    assert found["nganam_lgsp_duration_seconds_sum", by] == sum(n for n in range(90) if n % 9) / 1000
    counts = [found["nganam_lgsp_duration_seconds_bucket", (("le", str(edge / 1000)), *by)] for edge in metrics.EDGES]
    assert counts == sorted(counts)
    assert counts[-1] == 80
    assert found["nganam_lgsp_intake_lag_entries", ()] == 0
    assert found["nganam_lgsp_checkpoint_age_seconds", ()] < 60
    assert found["nganam_disk_free_bytes", ()] > 0


@pytest.mark.django_db
def test_figures_are_for_who_has_the_token_of_the_configuration(client, monkeypatch):
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/lgsp/metrics").status_code == 404
    assert client.get("/lgsp/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    monkeypatch.setattr(settings, "NGANAM_METRICS_TOKEN", TOKEN)
    assert client.get("/lgsp/metrics").status_code == 404
    assert client.get("/lgsp/metrics", headers={"Authorization": "Bearer khác"}).status_code == 404
    answer = client.get("/lgsp/metrics", headers=right)
    assert answer.status_code == 200
    assert b"nganam_lgsp_incidents_open" in answer.content
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["grafana/nganam-lgsp.json", "prometheus/nganam-alerts.yml"])
def test_every_figure_the_dashboard_and_the_alerts_name_exists(called, name):
    from nganam.serving import metrics as serving

    families = [*text_string_to_metric_families(serving.exposition().decode())]
    known = {name for name, _labels in samples()} | {f"{one.name}_total" for one in families if one.type == "counter"}
    known |= {"nganam_lgsp_node_live", "nganam_lgsp_node_rejected_files"}
    asked = set(NAME.findall((DEPLOY / name).read_text(encoding="utf-8")))
    assert len(asked) > 5
    assert asked - known == set()


def test_the_operator_is_told_of_a_nearly_full_disk(monkeypatch, tmp_path):
    from nganam.lgsp.evidence import guard
    from nganam.site.commands import running

    monkeypatch.setenv("NGANAM_DATA", str(tmp_path))
    for free, words in ((2000, ""), (900, "dưới 256 MB"), (100, "đang từ chối")):
        monkeypatch.setattr(guard, "free_bytes", lambda _folder, free=free: free * 1024 * 1024)
        told = running.disk_warning()
        assert words in told
        assert bool(told) is bool(words)


# -- traces --


def test_without_an_endpoint_nothing_traces(stack, mint):
    from gateway_rig import decided

    files = compile_gateway(decided(stack.data, mint, stack.listen))
    assert "tracing" not in json.dumps(files["lds.json"])
    assert "otlp" not in json.dumps(files["cds.json"])


@pytest.fixture
def receiver():
    """A receiver of OTLP over HTTP, of the standard library: keeps the bodies it was sent."""
    got: list[tuple[str, bytes]] = []

    class Takes(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, b"".join(self._chunks())))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _chunks(self):
            """The gateway sends in chunks: each its size in hex, an empty one at the end."""
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], got
    server.shutdown()


@pytest.mark.slow
def test_a_span_of_a_call_arrives_and_holds_no_key_that_was_looked_up(stack, mint, receiver):
    from gateway_rig import OPEN, decided, wait_for
    from nganam.lgsp import gateway, swapping

    port, got = receiver
    told = replace(decided(stack.data, mint, stack.listen), otlp=f"http://127.0.0.1:{port}")
    before = compile_gateway(decided(stack.data, mint, stack.listen))
    files = compile_gateway(told)
    with swapping.held(stack.data / gateway.FOLDER):
        swapping.check(files, stack.data / gateway.FOLDER)
        swapping.swap(files, stack.data / gateway.FOLDER)
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = [("traceparent", f"00-{trace}-b7ad6b7169203331-01")]

    def arrived():
        stack.ask(f"/r1/VN/GOV/CT-SYT/KHO/{OPEN}/07654321", mint.token(), headers=headers)
        return [body for path, body in got if path == "/v1/traces" and bytes.fromhex(trace) in body]

    body = wait_for(arrived, 30)[0]
    assert OPEN.encode() in body
    assert b"lgsp.service" in body
    assert b"07654321" not in body
    with swapping.held(stack.data / gateway.FOLDER):
        swapping.swap(before, stack.data / gateway.FOLDER)


# -- live --


@pytest.mark.slow
@pytest.mark.django_db
def test_a_call_is_on_the_page_within_five_seconds(stack, mint, province, client, monkeypatch):
    """The keeper takes in four times a second; a page asks anew every three seconds, so two are left for the rest."""
    from gateway_rig import OPEN, wait_for
    from pace import slowness

    monkeypatch.setattr(settings, "DATA", stack.data)
    stack.start_collector()
    client.force_login(get_user_model().objects.get(username="minh"))
    stack.ask(f"/r1/VN/GOV/CT-SYT/KHO/{OPEN}/00001", mint.token())
    ingest_log(at=timezone.now())
    client.get("/giam-sat/")  # the first page of a process reads its templates
    client.get("/giam-sat/giao-dich/khong-co/")
    began = time.monotonic()
    reply = stack.ask(f"/r1/VN/GOV/CT-SYT/KHO/{OPEN}/00001", mint.token())
    page = f"/giam-sat/giao-dich/{reply.headers['x-road-request-id']}/"

    def shown():
        time.sleep(0.25)
        ingest_log(at=timezone.now())
        return client.get(page).status_code == 200

    wait_for(shown)
    took = time.monotonic() - began
    assert took < 2 * slowness(), "the machine may be busy: what took how long?"
    assert client.get("/giam-sat/?ngay=0").context["summary"]["calls"] >= 1
