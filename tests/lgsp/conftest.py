"""The data plane as files say it is: a real gateway and data server, no database, no Django."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gateway_rig import (
    OPEN,
    PAUSED,
    SCHOOL,
    SLOW,
    Mint,
    Stack,
    data_plane,
    decided,
    free_port,
    new_key,
    write_table,
    write_twin,
)
from nganam.lgsp.envoy.decided import Listen
from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
from nganam.serving.snapshot import Service as Served


@pytest.fixture(scope="module")
def mint() -> Mint:
    """The signer of the module's tokens."""
    return Mint(new_key())


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[Stack]:
    """The data plane as files say it is: no database, no Django."""
    data = tmp_path_factory.mktemp("a-data-folder-with-a-name-so-long-that-the-path-of-a-socket-in-it-would-not-fit")
    listen = Listen(port=free_port(), serving_port=free_port(), tls_port=free_port())
    write_table(data)
    fields = (Field("ma"), Field("ten"), Field("dien_thoai"))
    served = {code: Served("", "co-so-kham", fields, ("ma",), ("ten",)) for code in (OPEN, SLOW, PAUSED)}
    twins = {f"{one}.thu": replace(told, table="thu_co-so-kham", sandbox=True) for one, told in served.items()}
    write_twin(data)
    grants = {SCHOOL: {code: Grant("TK-2026-0001", ("ma", "ten")) for code in served}}
    (data / "serving").mkdir()
    snapshot = Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), served | twins, grants)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
    with data_plane(data, decided(data, mint, listen)) as running:
        yield running
