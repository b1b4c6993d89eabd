"""Lines as the gateway writes them, and a log made of them."""

import json
from pathlib import Path
from typing import Any

from nganam.lgsp.envoy.logline import LINE, MARK, PART
from nganam.lgsp.evidence.collector import Collector


def line(number: int, **changes: Any) -> str:
    """Return a line as the gateway writes it; one with a kind of its own is JSON, as others write theirs."""
    said = call(number, **changes)
    return json.dumps(said) + "\n" if "kind" in said else as_written(said)


def call(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "at": f"2026-11-03T02:00:{number % 60:02d}.123456Z", "consumer": "CT-X31507/MCDT",
        "clientId": "TK-2026-0001.aa",
        "account": "TK-2026-0001", "serviceMemberCode": "CT-SYT", "serviceCode": "DV-2026-0001", "restMethod": "GET",
        "restPath": f"/r1/VN/GOV/CT-SYT/KHO/DV-2026-0001/{number:05d}", "statusCode": 200,
        "fields": "2", "records": "1",
        "version": "3", "requestSize": 0, "responseSize": 110, "responseOutMs": number, "xRequestId": f"yc-{number}",
        "messageId": None, "faultCode": None, "faultString": "via_upstream", **changes,
    }  # fmt: skip


def as_written(said: dict[str, Any]) -> str:
    """Return the line of the gateway that says this."""
    member, subsystem = said.get("serviceMemberCode", ""), said.get("serviceSubsystemCode", "KHO")
    service = f"VN/GOV/{member}/{subsystem}/{said['serviceCode']}" if said.get("serviceCode") else ""
    told = {**said, "service": service}
    known = {"serviceMemberCode", "serviceSubsystemCode", "serviceXRoadInstance", "serviceCode", "requestInTs"}
    assert set(said) <= {*LINE, *known}, set(said)
    parts = ("" if told.get(name) is None else told[name] for name in LINE)
    return PART.join((MARK, *(json.dumps(one) if isinstance(one, list) else str(one) for one in parts))) + "\n"


def log_folder(data: Path, node: str = "gateway") -> Path:
    folder = data / node / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as out:
        out.writelines(lines)


def collected(data: Path, *lines: str) -> Collector:
    """Return a collector that has taken in the lines."""
    write(log_folder(data) / "access.log", *lines)
    collector = Collector(data)
    while collector.turn().entries:
        pass
    return collector


def entries(data: Path) -> list[dict[str, Any]]:
    """Return every entry of the log of a data folder."""
    from nganam.lgsp.evidence.log import FOLDER, read_state
    from nganam.lgsp.evidence.tiles import WIDTH, read_bundle, width_at

    folder = data / FOLDER
    size = read_state(folder).size
    found: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        width = width_at(size, 0, number)
        try:
            found += read_bundle(folder, number, width)
        except FileNotFoundError:
            found += [b""] * width
    return [json.loads(one) if one else {} for one in found]


def ids(data: Path) -> list[str]:
    return [one.get("xRequestId", "") for one in entries(data)]
