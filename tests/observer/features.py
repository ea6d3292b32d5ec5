"""What an observer knows of a bundle, as numbers: every public field of every leg, whatever it is called.

A field that is random in every bundle is a number between 0 and 1 here, so that a classifier may find out if it is not.
The fields are taken from the dataclasses, so that a new one is not forgotten.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from prover.trader import bases
from settlement.bundles import encoding
from settlement.bundles.bundle import NO_DIGEST, Leg
from tests.observer.town import Reader, Seen
from zk.fields.prime import R

SECOND_MS = 1_000
NEVER = -1.0


def of(seen: Seen, reader: Reader) -> dict[str, float]:
    """The features of one bundle, by name."""
    bundle = seen.bundle
    found = {
        "legs": len(bundle.legs), "seizures": len(bundle.seizures), "conversions": len(bundle.conversions),
        "bytes": len(encoding.encode_bundle(bundle)), "attestations": len(bundle.attestations),
        "attested": sum(each is not None for each in bundle.attestations),
    }  # fmt: skip
    legs = [dict(_leg(leg, seen.settled_ms, reader)) for leg in bundle.legs]
    names = sorted(set().union(*legs))
    table = np.array([[leg.get(name, NEVER) for name in names] for leg in legs], dtype=float)
    namer = next((number for number, leg in enumerate(bundle.legs) if leg.companions != NO_DIGEST), 0)
    beside = np.delete(table, namer, axis=0) if len(legs) > 1 else table
    views = {
        "first": table[0], "most": table.max(0), "mean": table.mean(0), "spread": np.ptp(table, axis=0),
        "namer": table[namer], "beside": beside.mean(0),
    }  # fmt: skip
    for view, row in views.items():
        found |= {f"{view} {name}": float(value) for name, value in zip(names, row, strict=True)}
    return found


def _leg(leg: Leg, settled_ms: int, reader: Reader) -> Iterator[tuple[str, float]]:
    yield "bytes", len(encoding.encode_leg(leg))
    yield "root's age", (settled_ms - reader.times[reader.heights[leg.root]]) / SECOND_MS
    yield "time left", (leg.expiry_ms - settled_ms) / SECOND_MS
    for step_ms in (10_000, 60_000, 600_000):
        yield f"expiry in {step_ms}", leg.expiry_ms % step_ms / step_ms
    yield "fees", sum(flow.amount for flow in leg.flows)
    points = (int.from_bytes(each[: bases.KEY_BYTES], "little") for each in leg.ciphertexts)
    yield "on the curve", sum(bases.gmpy2.legendre(u * (u * u + bases.A * u + 1), bases.P) == 1 for u in points)
    for each in fields(leg):
        if each.name != "expiry_ms":
            yield from _numbers(each.name, getattr(leg, each.name))


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """Any public value as numbers."""
    if value is None:
        yield f"{name} is there", 0.0
    elif isinstance(value, bytes):
        yield f"{name} is zeros", float(not any(value))
        yield f"{name} begins", int.from_bytes(value[:4], "big") / 2**32
        yield f"{name} ends", int.from_bytes(value[-4:], "big") / 2**32
        yield f"{name} bytes", len(value)
        yield f"{name}'s first", value[0] if value else NEVER
        yield f"{name}'s last", value[-1] if value else NEVER
    elif isinstance(value, bool | int | Enum):
        number = int(value)
        yield name, number / R if number > 2**64 else float(number)
        yield f"{name} is odd", number % 2
    elif isinstance(value, tuple):
        yield f"{name} are", len(value)
        for index, part in enumerate(value):
            yield from _numbers(f"{name}.{index}", part)
    elif is_dataclass(value):
        yield f"{name} is there", 1.0
        for part in fields(value):
            yield from _numbers(f"{name}.{part.name}", getattr(value, part.name))
    else:
        raise AssertionError(f"{name} is a {type(value).__name__}, which no observer can read yet")
