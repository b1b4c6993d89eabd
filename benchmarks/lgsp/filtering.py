"""What filtering an agency's answers costs: the same call passed on whole by the gateway, and let through item by item.

The agency's system is the tests' own; its CPU is not counted. The filtered call goes gateway, data server, gateway,
system; the whole one gateway, system.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

sys.path.insert(0, str(measure.ROOT / "tests"))
ALONE, CROWD, CALLERS = 400, 1600, 8
WHOLE, JSON, LIST = "DV-2026-0101", "DV-2026-0102", "DV-2026-0103"
PATHS = (("GET", "/nguoi/*"), ("GET", "/nguoi"))
FIELDS = ("id", "ho_ten", "dia_chi.thon")


def run() -> measure.Result:
    """Measure both ways, for one record and for a list of twenty."""
    from agency_system_runner import agency_system
    from gateway_rig import SCHOOL, Mint, Stack, free_port, new_key
    from nganam.lgsp.envoy.decided import Listen, operation_code

    with tempfile.TemporaryDirectory() as folder, agency_system() as port:
        stack, mint = Stack(Path(folder), Listen(port=free_port(), serving_port=free_port())), Mint(new_key())
        _prepare(stack, mint, port)
        try:
            stack.start_serving()
            stack.start_gateway()
            leaders = {name: stack.processes[name].pid for name in ("gateway", "serving")}

            def case(service: str, rest: str) -> measure.Case:
                ops = [operation_code(service, *one) for one in PATHS]
                bearer = {"Authorization": f"Bearer {mint.token(sub=SCHOOL, svc=[service], ops=ops)}"}
                question = measure.request(f"/r1/VN/GOV/CT-SYT/HT/{service}{rest}", bearer)
                return lambda: measure.served(
                    leaders, stack.listen.port, [question], alone=ALONE, crowd=CROWD, c=CALLERS
                )

            cases = {
                "whole, one record": case(WHOLE, "/nguoi/001"),
                "filtered, one record": case(JSON, "/nguoi/001"),
                "whole, 20 records": case(WHOLE, "/nguoi"),
                "filtered, 20 records": case(LIST, "/nguoi"),
            }
            ratios = [
                (figure, f"filtered, {what}", f"whole, {what}")
                for figure in ("cpu_gateway_ms", "p50_ms") for what in ("one record", "20 records")
            ]  # fmt: skip
            return measure.rounds("Filtering the answers of an agency's system", cases, ratios=ratios)
        finally:
            stack.stop()


def _prepare(stack: object, mint: object, port: int) -> None:
    from typing import Any

    from gateway_rig import SCHOOL, decided
    from nganam.lgsp import swapping
    from nganam.lgsp.envoy.compiling import compile_gateway
    from nganam.lgsp.envoy.decided import Endpoint, Operation, Service, Upstream, operation_code
    from nganam.serving.snapshot import Field, Grant, Remote, Snapshot, write_snapshot
    from nganam.serving.snapshot import Operation as Served
    from nganam.serving.snapshot import Service as ServedService

    rig: Any = stack
    upstream = Upstream("HT-1", (Endpoint("127.0.0.1", port, "x.example"),), tls=False, concurrent=256)

    def operations(code: str) -> tuple[Operation, ...]:
        return tuple(Operation(operation_code(code, *one), *one) for one in PATHS)

    services = tuple(
        Service(
            code, "CT-SYT", "HT", 100_000_000, upstream=upstream, operations=operations(code), base="/api",
            filtered=code != WHOLE,
        )
        for code in (WHOLE, JSON, LIST)
    )  # fmt: skip
    named = {code: tuple(Served(operation_code(code, *one), *one) for one in PATHS) for code in (JSON, LIST)}
    fields = tuple(Field(name) for name in (*FIELDS, "ma_xa", "cccd"))
    served = {
        JSON: ServedService("", "", fields, remote=Remote(named[JSON])),
        LIST: ServedService("", "", fields, remote=Remote(named[LIST], "ket_qua.items", ("tong",))),
    }
    grants = {
        SCHOOL: {code: Grant("TK-1", FIELDS, operations=tuple(one.code for one in named[code])) for code in named}
    }
    snapshot = Snapshot(1, datetime.now(UTC), served, grants)
    swapping.replace(rig.data / "serving" / "snapshot.json", write_snapshot(snapshot))
    files = compile_gateway(decided(rig.data, mint, rig.listen, services=services))
    swapping.swap(files, rig.data / "gateway")


if __name__ == "__main__":
    measure.alone("lgsp/filtering", run)
