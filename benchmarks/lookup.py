"""A record by key: from the replica's file, from the data server, through the LGSP; and a page of 100 records.

The floor is Python's sqlite3 on the same file, the peer a plain Starlette handler on the same replica, and for the
gateway the same Envoy as a plain proxy without token, grants, limits and log. The service's own limit of calls a minute
is raised while this runs.
"""

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import measure

KEYS, ALONE, CROWD, CALLERS = 2000, 1000, 3000, 8
UNLIMITED = 100_000_000
EXTENSIONS = "type.googleapis.com/envoy.extensions.filters"


def run(demo: measure.Platform) -> measure.Result:
    """Measure all ways to the same records in turn."""
    from nganam.serving.secret import shared_secret

    code = str(demo.kept["service"])
    told = json.loads((demo.folder / "serving" / "snapshot.json").read_bytes())
    service = told["services"][code]
    consumer, grant = next((who, held[code]) for who, held in told["grants"].items() if code in held)
    folder = demo.folder / "replicas" / service["table"]
    replica = folder / json.loads((folder / "current.json").read_bytes())["file"]
    keys, commune = _sample(replica, service["lookup"][0])
    gate = {"x-lgsp-consumer": consumer, "x-lgsp-gate": shared_secret(demo.folder)}
    peer_port, proxy_port = measure.free_port(), measure.free_port()
    env = {"PEER_REPLICA": str(replica), "PEER_COLUMNS": ",".join(grant["fields"]), "PEER_KEY": service["lookup"][0]}
    starlette = measure.granian("asgi", "starlette_lookup:application", peer_port)
    with (
        measure.server(starlette, peer_port, env=env) as peer,
        _plain_envoy(proxy_port, demo.port("serving"), gate) as proxy,
        _no_limit(demo, code),
    ):
        serving, bearer = demo.leader("serving"), {"Authorization": f"Bearer {demo.token()}"}
        lgsp = {"gateway": demo.leader("gateway"), "serving": serving}
        page = f"/?ma_xa={commune}&limit=100"
        cases = {
            "sqlite3, in process": lambda: _floor(replica, service["lookup"][0], grant["fields"], keys),
            "Starlette + sqlite3": _case({"peer": peer}, peer_port, "/rows", keys),
            "serving": _case({"serving": serving}, demo.port("serving"), f"/{code}", keys, gate),
            "plain Envoy + serving": _case({"gateway": proxy, "serving": serving}, proxy_port, f"/{code}", keys),
            "LGSP": _case(lgsp, demo.port("gateway"), f"/r1/{service['path']}", keys, bearer),
            "Starlette, 100 rows": _pages({"peer": peer}, peer_port, f"/rows{page}"),
            "serving, 100 rows": _pages({"serving": serving}, demo.port("serving"), f"/{code}{page}", gate),
            "LGSP, 100 rows": _pages(lgsp, demo.port("gateway"), f"/r1/{service['path']}{page}", bearer),
        }
        ratios = [
            ("cpu_ms", "serving", "Starlette + sqlite3"),
            ("cpu_ms", "serving, 100 rows", "Starlette, 100 rows"),
            ("cpu_gateway_ms", "LGSP", "plain Envoy + serving"),
        ]
        keeper = demo.cpu("keeper")
        result = measure.rounds("Look-up by key, and a page of 100 records", cases, ratios=ratios)
        time.sleep(2)  # the keeper takes in the last lines of the log
        calls = measure.ROUNDS * (ALONE + CROWD + (ALONE + CROWD) // 5)
        cost = (demo.cpu("keeper") - keeper) / calls * 1000
        result.notes.append(
            f"Exchange log into the database: {cost:.2f} ms CPU of the keeper per call through the LGSP."
        )
        return result


def _sample(replica: Path, key: str) -> tuple[list[str], str]:
    with closing(sqlite3.connect(f"file:{replica}?mode=ro&immutable=1", uri=True)) as base:
        keys = [row[0] for row in base.execute(f"SELECT {key} FROM rows")]
        commune = base.execute("SELECT ma_xa FROM rows GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchone()[0]
    return random.Random(5).sample(keys, min(KEYS, len(keys))), str(commune)


def _case(
    leaders: dict[str, int], port: int, prefix: str, keys: list[str], headers: dict[str, str] | None = None
) -> measure.Case:
    asked = [measure.request(f"{prefix}/{key}", headers) for key in keys]
    measure.drive(port, asked, 50)
    return lambda: measure.served(leaders, port, asked, alone=ALONE, crowd=CROWD, c=CALLERS)


def _pages(leaders: dict[str, int], port: int, path: str, headers: dict[str, str] | None = None) -> measure.Case:
    asked = [measure.request(path, headers)]
    measure.drive(port, asked, 5)
    return lambda: measure.served(leaders, port, asked, alone=ALONE // 5, crowd=CROWD // 5, c=CALLERS)


def _floor(replica: Path, key: str, fields: list[str], keys: list[str]) -> measure.Figures:
    with closing(sqlite3.connect(f"file:{replica}?mode=ro&immutable=1", uri=True)) as base:
        base.execute("PRAGMA mmap_size=268435456")
        sql = f"SELECT {', '.join(fields)} FROM rows WHERE {key} = ?"
        told = measure.Timings()
        began, used = time.perf_counter(), time.process_time()
        for number in range(ALONE + CROWD):
            asked = time.perf_counter()
            base.execute(sql, [keys[number % len(keys)]]).fetchone()
            told.seconds.append(time.perf_counter() - asked)
        told.wall = time.perf_counter() - began
        figures = told.figures()
        spent = (time.process_time() - used) / (ALONE + CROWD) * 1000
        return {"cpu_ms": spent, **{name: figures[name] for name in ("p50_ms", "p95_ms", "p99_ms")}}


@contextmanager
def _no_limit(demo: measure.Platform, code: str) -> Iterator[None]:
    """Lift the service's limit; the keeper sees the new mark and publishes it within a second."""
    with closing(demo.database()) as base:
        row = base.execute("SELECT id FROM services_service WHERE code = ?", [code]).fetchone()[0]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with demo.altered("services_service", row, rate_per_minute=UNLIMITED, updated_at=now):
        limit, until = demo.folder / "gateway" / "ecds_limit.json", time.monotonic() + 40
        while str(UNLIMITED) not in limit.read_text(encoding="utf-8"):
            if time.monotonic() > until:
                raise SystemExit("the gateway did not take the raised limit")
            time.sleep(0.1)
        time.sleep(1)  # Envoy follows the file
        yield


@contextmanager
def _plain_envoy(port: int, upstream: int, headers: dict[str, str]) -> Iterator[int]:
    """Run the same Envoy with one route and nothing else; it presents itself to the data server as the gateway does."""
    from nganam.lgsp.swapping import envoy_binary

    manager = {
        "@type": f"{EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "peer",
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{EXTENSIONS}.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "serving"}}],
                    "request_headers_to_add": [
                        {"header": {"key": name, "value": value}} for name, value in headers.items()
                    ],
                }
            ]
        },
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": upstream}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    static = {
        "listeners": [
            {
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
            }
        ],
        "clusters": [
            {
                "name": "serving",
                "type": "STATIC",
                "load_assignment": {"cluster_name": "serving", "endpoints": endpoints},
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "envoy.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"static_resources": static}), encoding="utf-8")
        command = [str(envoy_binary()), "-c", str(config), "-l", "error", "--disable-hot-restart", "--concurrency", "1"]
        with measure.server(command, port) as leader:
            yield leader


if __name__ == "__main__":
    measure.main("lookup", run)
