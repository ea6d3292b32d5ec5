"""Makes a queue: its tables in a database, and its farm's key on the operator's machine."""

from pathlib import Path

from prover.farm import asking, farmkey, schema
from prover.farm.farmkey import FarmPublic
from prover.farm.session import Session


def init(url: str, key_file: Path) -> FarmPublic:
    """Creates the tables and, unless there is one, the farm's key; upgrades tables of an earlier version.

    Returns what submitters pin.  Raises FormatError when the database has another farm's queue, or one of a newer
    version, and Unavailable.
    """
    with Session(url) as session:
        keys = farmkey.find(key_file) or farmkey.create(key_file)
        schema.create(session, keys.public.encoded())
    return keys.public


def public_key(url: str) -> FarmPublic:
    """The key that the database has.  Raises FormatError when there is no queue."""
    with Session(url) as session:
        schema.check(session)
        return asking.farm(session)
