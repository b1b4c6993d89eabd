"""The peers of the gateway, each with one thread: how they are configured and started.

What a peer cannot do is not asked of it: of those that are free software only HAProxy checks tokens by itself.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import measure
from joserfc.jwk import ECKey

EXTENSIONS = "type.googleapis.com/envoy.extensions.filters"
ONE_CORE = {"GOMAXPROCS": "1"}


def found(program: str) -> str:
    """Return where a peer's program is, "" when it is not on this machine."""
    return os.environ.get(f"NGANAM_BENCH_{program.upper()}") or shutil.which(program) or ""


@contextmanager
def upstream(folder: Path, port: int, core: str) -> Iterator[int]:
    """Run nginx as the system behind: 1 KiB and 100 KiB of JSON from memory, with the digest the data server says."""
    small, large = _body(1024), _body(100 * 1024)
    for name, body in (("small", small), ("large", large)):
        (folder / f"{name}.json").write_text(body, encoding="utf-8")
    config = f"""
        worker_processes 1; pid {folder}/upstream.pid; error_log /dev/null; daemon off;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; keepalive_requests 1000000000; default_type application/json;
            open_file_cache max=10; sendfile on; tcp_nopush on;
            server {{
                listen 127.0.0.1:{port}; root {folder};
                location ~ /large {{ try_files /large.json =404; }}
                location / {{
                    add_header Content-Digest "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:";
                    add_header X-Lgsp-Account TK-2026-0001; add_header X-Lgsp-Version 1;
                    try_files /small.json =404;
                }}
            }}
        }}"""
    with measure.server(_nginx(folder, "upstream", config, core), port) as leader:
        yield leader


def _body(size: int) -> str:
    row = {"ma": "0001", "ten": "Trạm y tế phường", "dien_thoai": "0"}
    text = json.dumps({"data": row, "con": ""}, ensure_ascii=False)
    return text.replace('"con": ""', f'"con": "{"x" * (size - len(text.encode()))}"')


def _nginx(folder: Path, name: str, config: str, core: str) -> list[str]:
    path = folder / f"{name}.conf"
    path.write_text(config, encoding="utf-8")
    return [*pinned(core), found("nginx"), "-c", str(path), "-p", str(folder), "-e", "/dev/null"]


def pinned(core: str) -> list[str]:
    """Return the words before a command that keep it on one core, none where cores are not told apart."""
    return ["taskset", "-c", core] if core and shutil.which("taskset") else []


@contextmanager
def plain_envoy(folder: Path, port: int, behind: int, core: str) -> Iterator[int]:
    """Run the gateway's own Envoy with one route and nothing else."""
    from nganam.lgsp.swapping import envoy_binary

    route = {"match": {"prefix": "/"}, "route": {"cluster": "behind"}}
    manager = {
        "@type": f"{EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "peer",
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{EXTENSIONS}.http.router.v3.Router"}},
        ],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    }
    there = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": behind}}}}
    assignment = {"cluster_name": "behind", "endpoints": [{"lb_endpoints": [there]}]}
    here = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    static = {
        "listeners": [{"address": here, "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}],
        "clusters": [{"name": "behind", "type": "STATIC", "load_assignment": assignment}],
    }
    config = folder / "envoy.json"
    config.write_text(json.dumps({"static_resources": static}), encoding="utf-8")
    command = [str(envoy_binary()), "-c", str(config), "-l", "error", "--disable-hot-restart", "--concurrency", "1"]
    with measure.server([*pinned(core), *command], port) as leader:
        yield leader


def haproxy(folder: Path, port: int, behind: int, core: str, key: ECKey | None = None) -> list[str]:
    """Return HAProxy's command; with a key it checks token, issuer, audience and service, counts, and logs as much."""
    (folder / "haproxy").mkdir(exist_ok=True)
    policed = log = ""
    if key is not None:
        public = folder / "haproxy" / "key.pem"
        public.write_bytes(key.as_pem(private=False))
        kept = {
            name: f"var(txn.bearer),jwt_payload_query('$.{claim}')"
            for name, claim in (("sub", "sub"), ("cid", "client_id"), ("jti", "jti"), ("acc", "acc[0]"))
        } | {
            name: f"req.hdr({header})"
            for name, header in (("mid", "x-road-id"), ("uid", "x-road-userid"), ("iss", "x-road-issue"))
        }  # fmt: skip
        shared = {"account": "x-lgsp-account", "fields": "x-lgsp-fields", "records": "x-lgsp-records",
                  "version": "x-lgsp-version", "digest": "content-digest", "fault": "x-road-error"}  # fmt: skip
        noted = "".join(f"\n http-request set-var(txn.{name}) {source}" for name, source in kept.items())
        noted += "".join(f"\n http-response set-var(txn.{name}) res.hdr({header})" for name, header in shared.items())
        parts = {
            "at": "%[date,utime(%Y-%m-%dT%H:%M:%S)]", "method": "%HM", "path": "%HPO", "client": "%ci", "status": "%ST",
            "sent": "%B", "received": "%U", "total": "%Tt", "upstream": "%Tr", "connected": "%Tc", "id": "%ID",
            "state": "%tsc", "service": "DV-2026-0001", "tries": "%rc",
            **{name: f"%[var(txn.{name})]" for name in (*kept, *shared)},
        }  # fmt: skip
        line = "{" + ",".join(f'"{name}":"{value}"' for name, value in parts.items()) + "}"
        log = f"log-format '{line}'\n unique-id-format %[uuid()]\n log global"
        policed = f"""
 stick-table type string len 64 size 10k expire 1m store http_req_rate(60s)
 http-request set-var(txn.bearer) http_auth_bearer
 http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_header_query('$.alg') -m str ES256 }}
 http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify('ES256',"{public}") 1 }}
 http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
 http-request set-var(txn.now) date
 http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) lt 0 }}
 http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.iss') -m found }}
 http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.aud') -m str lgsp }}
 http-request deny deny_status 403 unless {{ var(txn.bearer),jwt_payload_query('$.svc[0]') -m str DV-2026-0001 }}
 {noted.strip()}
 http-request deny deny_status 403 if {{ var(txn.sub) -m str CT-KHAC/UD }}
 http-request track-sc0 var(txn.sub)
 http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 1000000000 }}
 http-request set-header X-Lgsp-Consumer %[var(txn.sub)]"""

    config = f"""
global
 nbthread 1
 log stdout format raw local0
defaults
 mode http
 timeout connect 5s
 timeout client 30s
 timeout server 30s
 {log}
frontend here
 bind 127.0.0.1:{port}{policed}
 default_backend there
backend there
 http-reuse always
 server one 127.0.0.1:{behind}
"""
    path = folder / "haproxy" / f"haproxy-{port}.cfg"
    path.write_text(config, encoding="utf-8")
    return [*pinned(core), found("haproxy"), "-db", "-f", str(path)]


def nginx(folder: Path, port: int, behind: int, core: str) -> list[str]:
    """Return nginx's command: a proxy that keeps its connections and writes its usual log."""
    config = f"""
        worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null; daemon off;
        events {{ worker_connections 1024; }}
        http {{
            access_log {folder}/nginx.log; keepalive_requests 1000000000;
            upstream there {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 1000000000; }}
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass http://there; proxy_http_version 1.1; proxy_set_header Connection ""; }}
            }}
        }}"""
    return _nginx(folder, "nginx", config, core)


def caddy(folder: Path, port: int, behind: int, core: str) -> list[str]:
    """Return Caddy's command: a proxy with its JSON log."""
    path = folder / "Caddyfile"
    path.write_text(
        f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n"
        f" log {{\n  output file {folder}/caddy.log\n }}\n reverse_proxy 127.0.0.1:{behind}\n}}\n",
        encoding="utf-8",
    )
    return [*pinned(core), found("caddy"), "run", "--adapter", "caddyfile", "--config", str(path)]


def traefik(folder: Path, port: int, behind: int, core: str) -> list[str]:
    """Return Traefik's command: a proxy with its JSON log."""
    routes = {
        "http": {
            "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "there", "entryPoints": ["here"]}},
            "services": {"there": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{behind}"}]}}},
        }
    }
    path = folder / "routes.yml"
    path.write_text(json.dumps(routes), encoding="utf-8")
    options = {
        "entrypoints.here.address": f"127.0.0.1:{port}", "providers.file.filename": path, "accesslog": "true",
        "accesslog.format": "json", "accesslog.filepath": folder / "traefik.log", "log.level": "ERROR",
        "global.checknewversion": "false", "global.sendanonymoususage": "false",
    }  # fmt: skip
    return [*pinned(core), found("traefik"), *(f"--{name}={value}" for name, value in options.items())]


def python(port: int, core: str) -> list[str]:
    """Return the command of the bare proxy in Python."""
    return [*pinned(core), *measure.granian("asgi", "python_proxy:application", port)]


def environment(behind: int) -> Mapping[str, str]:
    """Return what the peers read from their surroundings."""
    return {**ONE_CORE, "PEER_UPSTREAM": f"http://127.0.0.1:{behind}", "HOME": os.environ.get("HOME", "/tmp")}
