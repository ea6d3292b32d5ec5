"""Proposals: the next parameters as a record with some of its values changed, and what is different in it.

A value's name is its path in the record as JSON, with points: `penalty_bps`, `fees.leg`, `risk.2.own_move_bps`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from settlement.ledger import Ledger
from settlement.pool import governance, poolfile
from settlement.pool import parameters as records
from settlement.pool.governance import Change
from settlement.pool.parameters import Parameters
from zk.errors import FormatError
from zk.formats import strictjson

MAX_VALUE_BYTES = 4096


@dataclass(frozen=True)
class Difference:
    """A value that changes, and both of its values as JSON."""

    name: str
    before: str
    after: str


def newest(ledger: Ledger) -> Parameters:
    """The newest parameters that were announced, whether or not they are in force."""
    announced = ledger.reader.changes()
    return announced[-1].change.parameters if announced else ledger.pool.parameters


def propose(ledger: Ledger, document: object, named: Mapping[str, str], now_ms: int, within_ms: int) -> Change:
    """The change to a record, as JSON values, with the named values in place of its own, signed by nobody.

    It is in force as soon as it may be when it is announced within `within_ms`.

    Raises FormatError, naming the value, when the pool cannot have these parameters after its newest.
    """
    if not isinstance(document, dict):
        raise FormatError("the record is not an object")
    put(document, named)
    before = newest(ledger)
    after = poolfile.read_parameters({**document, "version": before.version + 1}, "the parameters")
    if replace(after, version=before.version) == before:
        raise FormatError("nothing would change: the parameters are the newest ones")
    records.check_for(ledger.pool.assets, after)
    governance.check_successor(before, after)
    announced = ledger.reader.changes()
    earliest_ms = now_ms + within_ms + ledger.pool.governance.delay_ms
    return Change(after, max(earliest_ms, announced[-1].change.effective_ms if announced else 0), ())


def differences(ledger: Ledger, change: Change) -> list[Difference]:
    """What the change changes of the parameters before it."""
    version = change.parameters.version
    earlier = [ledger.pool.parameters, *(each.change.parameters for each in ledger.reader.changes())]
    before = next((each for each in reversed(earlier) if each.version < version), earlier[0])
    old, new = dict(flat(before)), dict(flat(change.parameters))
    names = list(dict.fromkeys([*old, *new]))
    return [
        Difference(name, old.get(name, "nothing"), new.get(name, "nothing"))
        for name in names
        if name != "version" and old.get(name) != new.get(name)
    ]


def flat(parameters: Parameters) -> list[tuple[str, str]]:
    """(name, value as JSON) of every value in the record."""
    return list(_walk(poolfile.parameters_json(parameters), ""))


def _walk(value: Any, name: str) -> Iterator[tuple[str, str]]:
    is_point = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, dict) or isinstance(value, list) and not is_point:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inside in items:
            yield from _walk(inside, f"{name}.{key}" if name else str(key))
    else:
        yield name, json.dumps(value)


def put(document: dict[str, Any], named: Mapping[str, str]) -> None:
    """Replaces the values with these names by those in JSON texts.  Raises FormatError when there is none, or no JSON.
    """
    for name, text in named.items():
        value = strictjson.loads(text.encode(), f"the value of {name}", MAX_VALUE_BYTES)
        *path, last = name.split(".")
        inside: Any = document
        for key in path:
            inside = _at(inside, key, name)
        _at(inside, last, name)
        inside[int(last) if isinstance(inside, list) else last] = value


def _at(inside: Any, key: str, name: str) -> Any:
    if isinstance(inside, dict) and key in inside:
        return inside[key]
    if isinstance(inside, list) and key.isascii() and key.isdecimal() and int(key) < len(inside):
        return inside[int(key)]
    raise FormatError(f"there is no parameter {name[:80]!r}: `zksettle pool show --parameters` has their names")
