"""HOME/queues.json: the key of each queue that this home has used.

    {"format": "zksettle-queues", "version": 1, "keys": {"dbname=queue host=db.example user=desk": "128 hex digits"}}

A queue is known by the user, the host, the port and the database in its URL, and not by its password.  The key is given
by its owner, or is that of the first use; the queue's database is never believed afterwards.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.farm import farmkey
from prover.farm.farmkey import FarmPublic
from prover.machine import files
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

NAME = "queues.json"
MAX_FILE_BYTES = 1 << 20

_OF_PLACE = ("dbname", "host", "hostaddr", "port", "service", "user")


@dataclass(frozen=True)
class _PinsFile:
    format: Literal["zksettle-queues"]
    version: Literal[1]
    keys: dict[str, str]


def pinned(home: Path, url: str, given: str | None, offered: FarmPublic) -> FarmPublic:
    """The key to seal to: the `given` one, else the one of the first use, which is the `offered` one then.

    A given key takes the place of another one that is noted: whoever gives it has decided so.

    Raises FormatError when the queue offers another key, because its database could have been made to.
    """
    if given is not None:
        _check(offered, farmkey.parse(given), "the one that was given")
    place, path = place_of(url), home / NAME
    if given is not None and place not in known(path):
        return offered
    with files.locked(path, "the list of queues", wait_s=10):
        keys = known(path)
        if given is None and place in keys:
            _check(offered, farmkey.parse(keys[place]), f"the one of the first use, which is in {path}")
        elif keys.get(place) != offered.text():
            content = _PinsFile("zksettle-queues", 1, keys | {place: offered.text()})
            files.replace(path, json.dumps(dataclassjson.write(content), indent=1).encode() + b"\n")
    return offered


def known(path: Path) -> dict[str, str]:
    """The keys in the file, as 128 digits by their queues; none when there is no file.

    Raises FormatError when it is malformed.
    """
    if not path.exists():
        return {}
    name = f"the list of queues {path}"
    document = strictjson.loads(files.read(path, MAX_FILE_BYTES), name, MAX_FILE_BYTES)
    return dataclassjson.read(_PinsFile, document, name).keys


def place_of(url: str) -> str:
    """Which queue a URL is of, without what is secret or may change.  Raises FormatError when it is no URL."""
    import psycopg

    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise FormatError("the queue's URL must be like postgresql://user@host/database") from None
    return " ".join(f"{name}={given[name]}" for name in _OF_PLACE if given.get(name) is not None)


def _check(offered: FarmPublic, expected: FarmPublic, which: str) -> None:
    if offered != expected:
        raise FormatError(
            f"the queue's key {offered.fingerprint()} is not {expected.fingerprint()}, {which}: whoever controls its"
            " database could read what is sent to the workers; if its operator says that the key is new, give it once"
            " with --queue-key, or in DESK.toml"
        )
