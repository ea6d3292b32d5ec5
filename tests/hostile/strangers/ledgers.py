"""Ledger files whose pages are damaged at random, of a ledger that was closed and of one whose process died.

A damaged ledger is refused, or its audit is, or it has every event and every row that it had: nothing acknowledged is
lost without a word.  Commands report an error of SQLite as one sentence, so such an error is a refusal as well.
"""

import random
import shutil
import sqlite3
from functools import cache
from pathlib import Path

from settlement.ledger import Ledger
from settlement.orders import board
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import folder, stage
from tests.hostile.strangers.target import REFUSALS, Target
from tests.simulation.lies import LIES
from tests.simulation.test_ledger import leveraged_swap

PAGE_BYTES, WAL_HEAD_BYTES, FRAME_HEAD_BYTES = 4096, 32, 24
LEFT_OUT = "-shm"  # rebuilt at every opening
LEDGER = "ledger.sqlite"


@cache
def originals() -> dict[str, dict[str, bytes]]:
    """The files of a ledger that was closed, and of one whose process died: its last events are in the log only."""
    world = stage().world
    found = {}
    with stage().copy() as path:
        ordinary, world.ledger = world.ledger, Ledger.open(path)
        found["closed"] = _files(path.parent)
        prepared = world.prepare(leveraged_swap(world), LIES[0])
        # While somebody reads, the settled events stay in the log.
        with Ledger.open(path) as reading, reading.reader.reading():
            assert reading.reader.last_event()
            _settle(world.ledger, prepared.data)
            found["died"] = _files(path.parent)
        assert found["died"]["-wal"]
        world.ledger.close()
        world.ledger = ordinary
    return found


def _settle(ledger: Ledger, data: bytes) -> None:
    from settlement import engine

    engine.submit(ledger, data, stage().world.now_ms, stage().world.notary.verify)


def _files(place: Path) -> dict[str, bytes]:
    """The content of each file in a folder, by the part of its name after the ledger's, but for the shared memory."""
    return {
        path.name.removeprefix(LEDGER): path.read_bytes()
        for path in sorted(place.iterdir())
        if not path.name.endswith(LEFT_OUT)
    }


def good_pages(which: str) -> dict[str, Parts]:
    """Each file as pages, frames or, where it is none of SQLite's, pieces of 64 bytes."""
    return {which: [part for end, data in originals()[which].items() for part in _pieces(end, data)]}


def _pieces(end: str, data: bytes) -> Parts:
    head = WAL_HEAD_BYTES if end == "-wal" else 0
    size = {"": PAGE_BYTES, "-wal": FRAME_HEAD_BYTES + PAGE_BYTES}.get(end, 64)
    pieces = [(f"{end}|head", data[:head])] if data[:head] else []
    return pieces + [(f"{end}|{i}", data[start : start + size]) for i, start in enumerate(range(head, len(data), size))]


def joined(parts: Parts) -> bytes:
    """The pieces of all files, each after its file's name and its length."""
    return b"".join(
        bytes([len(end)]) + end.encode() + len(data).to_bytes(4, "big") + data
        for end, data in ((label.partition("|")[0], data) for label, data in parts)
    )


def split(data: bytes) -> dict[str, bytes]:
    """The files of `joined`."""
    files: dict[str, bytes] = {}
    while data:
        end, rest = data[1 : 1 + data[0]].decode(), data[1 + data[0] :]
        length = int.from_bytes(rest[:4], "big")
        files[end] = files.get(end, b"") + rest[4 : 4 + length]
        data = rest[4 + length :]
    return files


def change_pages(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """Changes to one file: the checkpoints reveal what the database lost, as long as they are not lost as well."""
    files = sorted({_end(part) for part in (*parts, *good)})
    changed = [end for end in files if _of(parts, end) != _of(good, end)]
    end = (changed or [chance.choice(files)])[0]
    mine = _one_file(chance, _of(parts, end), _of(good, end))
    return [part for other in files for part in (mine if other == end else _of(parts, other))]


def _end(part: tuple[str, bytes]) -> str:
    return part[0].partition("|")[0]


def _of(parts: Parts, end: str) -> Parts:
    """The pieces of one file."""
    return [part for part in parts if _end(part) == end]


def _one_file(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """Bits flipped, pieces of pages zeroed or taken from elsewhere, pages exchanged, left out, repeated or cut."""
    if chance.random() < 0.3:
        damaged = fields.changed(chance, parts, good)
        return [(label if "|" in label else f"{_end(good[0])}|{label}", data) for label, data in damaged]
    place = chance.randrange(len(parts)) if parts else 0
    if not parts or not parts[place][1]:
        return list(good)
    label, data = parts[place]
    start = chance.randrange(len(data))
    stop = min(len(data), start + chance.choice((1, 1, 2, 4, 8, 100, 512, 2048)))
    other = chance.choice(good)[1]
    new = chance.choice((
        bytes([data[start] ^ 1 << chance.randrange(8)]), bytes(stop - start), other[start:stop], chance.randbytes(1),
        chance.choice(fields.NUMBERS).to_bytes(8, "big")[-(stop - start) :],
    ))  # fmt: skip
    return [*parts[:place], (label, data[:start] + new + data[start + len(new) :]), *parts[place + 1 :]]


def written(files: dict[str, bytes]) -> Path:
    """The files in a folder of their own."""
    place = folder() / "damaged"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for end, data in files.items():
        (place / f"{LEDGER}{end}").write_bytes(data)
    return place / LEDGER


def content(path: Path) -> dict[str, list]:
    """The schema and every row, read without any code of ours."""
    connection = sqlite3.connect(path)
    try:
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("sqlite_")]
        rows = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in tables}
        return {"": schema, **rows}
    finally:
        connection.close()


@cache
def expected(which: str) -> dict[str, list]:
    """The content of a good ledger."""
    return content(written(originals()[which]))


def use_damaged(path: Path, which: str) -> None:
    """Opens, shows and audits the ledger.  When nothing is refused, it is the good one."""
    with Ledger.open(path) as ledger:
        last = ledger.reader.last_event()
        ledger.reader.events(max(0, last.height - 5))
        ledger.reader.tree(), ledger.reader.reserves(), ledger.reader.flows(), ledger.reader.grids(1)
        board.listed(ledger, stage().world.now_ms)
    stage().check_sound(path)
    found = content(path)
    different = sorted(name for name in {*found, *expected(which)} if found.get(name) != expected(which).get(name))
    assert not different, f"the audit passes other {different}"


def pages(which: str) -> Target:
    """The pages of the ledger that was closed, or of the one whose process died."""

    def use(data: bytes, _: bool) -> None:
        expected(which)
        use_damaged(written(split(data)), which)

    return Target(
        f"ledger-{which}", lambda: good_pages(which), use, joined=joined, change=change_pages,
        refusals=(*REFUSALS, sqlite3.Error), is_exact=False,
    )  # fmt: skip


CLOSED, DIED = pages("closed"), pages("died")
