"""Scenes of lineage: a source file with headings of its own, a table read from it, everything made of a table."""

import csv
from datetime import datetime, timedelta
from typing import Any

import scenes
from nganam.kernel.actors import system

HEADINGS = ("Mã cơ sở", "Tên cơ sở", "Loại", "Điện thoại", "Số giường bệnh", "Ghi chú nội bộ")


def declared_source() -> Any:
    """Lay a file of the agency in the folder of sources, and declare it."""
    from nganam.warehouse import places, sourcing

    places.sources().mkdir(parents=True, exist_ok=True)
    with (places.sources() / "co-so.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *((*one, "x") for one in scenes.ROWS)])
    return sourcing.declare_source(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", kind="file", name="Danh mục cơ sở", secret_ref="co-so.csv",
        system="Phần mềm quản lý hành nghề",
    )  # fmt: skip


def table_of(source: Any, code: str = "co-so-kham-chua-benh") -> Any:
    """Declare Lan's table as read from a source; its number of beds is called otherwise there."""
    from nganam.warehouse import operations

    columns = [dict(one) for one in scenes.COLUMNS]
    columns[-1]["aliases"] = ["Số giường bệnh"]
    return operations.declare_table(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", code=code, title="Cơ sở khám chữa bệnh", columns=columns,
        source=source,
    )  # fmt: skip


def read_source(table: Any, at: datetime = scenes.AT) -> Any:
    """Load a table from its source; a column its contract does not have is let in for good."""
    from nganam.warehouse import drifting, loading, operations

    code = operations.start_load(actor=scenes.LAN, at=at, table=table).code
    ended = loading.run_load(actor=system("worker"), now=lambda: at + timedelta(seconds=2), code=code)
    if ended.fault != "new_columns":
        return ended
    again = drifting.admit(actor=scenes.LAN, at=at, load=ended, scope="always", reason="Cột ghi chú không dùng.")
    return loading.run_load(actor=system("worker"), now=lambda: at + timedelta(seconds=3), code=again.code)


def everything() -> Any:
    """Open, serve to all, take away and ask about Lan's table without telephones."""
    import scenes_open_tier
    import scenes_services
    from nganam.analysis import operations as analysis
    from nganam.analysis.scope import get_scope_for
    from nganam.kernel.actors import system
    from nganam.services import operations as services
    from nganam.warehouse import taking

    table = scenes.loaded_table(columns=scenes.OPEN_COLUMNS)
    scenes.published_dataset(table)
    names = [one["name"] for one in scenes.OPEN_COLUMNS]
    service = scenes_services.published(
        services.declare_service(
            actor=scenes.LAN, at=scenes.AT, source=table, field_names=names, values=scenes.DESCRIPTION
        )
    )
    scenes_open_tier.opened(service)
    scope = get_scope_for(scenes.LAN, table.code, scenes.AT)
    analysis.save_question(actor=scenes.LAN, at=scenes.AT, scope=scope, asked={"nhom": "loai"}, title="Theo loại")
    asked = taking.ask_file(
        actor=scenes.LAN, at=scenes.AT, version=table.versions.get(), kind="csv", columns=["ma_co_so"], filters={}
    )
    taking.make_file(actor=system("worker"), now=lambda: scenes.AT, pk=asked.pk)
    return table
