"""Random damage for any length of time:  python -m tests.hostile.fuzz --minutes 10 [--format zkey …] [--seed 1]

The formats are files of sections and what a stranger can send; all of them get the same processor time.  Best with
NUMBA_BOUNDSCHECK=1, so that a kernel that would leave an array raises.  An input that is refused with a new sentence is
damaged further, which gets past the first checks.  One that is neither refused nor used without an error is a finding:
it is printed and written to the folder --out, and the exit code is 1.  With --keep one input for every sentence is
written in the form that tests/hostile/test_corpus.py replays.
"""

import argparse
import json
import random
import re
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.hostile import containers
from tests.hostile.containers import Container
from tests.hostile.goods import CORPUS
from tests.hostile.strangers import TARGETS

MOST_S, MOST_USED_S = 1.0, 10.0  # of processor time; a beacon may ask for a million hashes
MOST_WAIT_S = 60  # of any time
MOST_GROWTH_KIB = 256 << 10
MOST_KEPT = {name: 5000 for name in containers.KINDS}  # characters of a row
MOST_KEPT_OF_A_STRANGER = 700
MOST_PRINTED = 3000
MOST_POOL = 400
USED = "read and used"

Case = Any
"""A changed input in the form of its kind."""


class Kind(Protocol):
    """A kind of input: files of sections (containers.Container) or messages of fields (strangers.target.Target)."""

    @property
    def name(self) -> str:
        """Its name on the command line and in the corpus."""

    def start(self) -> list[Case]:
        """The good inputs, unchanged."""

    def changed(self, chance: random.Random, case: Case) -> Case:
        """The input with some more changes."""

    def refusal(self, case: Case) -> str | None:
        """The sentence that refuses the input, or None when it was used.  Raises anything else for a finding."""

    def data(self, case: Case) -> bytes:
        """The input's bytes."""

    def distance(self, case: Case) -> int:
        """How much the input differs from a good one."""

    def row(self, case: Case) -> dict:
        """The input in the corpus."""

    def case(self, row: dict) -> Case:
        """The input of a row of the corpus."""


KINDS: dict[str, Kind] = {**containers.KINDS, **TARGETS}


class Hangs(Exception):
    """An input was not answered in MOST_WAIT_S."""


@dataclass
class Hunt:
    """The state of fuzzing one kind: the inputs to start from, and for every sentence an input and a count.

    The input of a sentence is the one that differs least from a good one.
    """

    kind: Kind
    pool: list[Case]
    first: dict[str, Case] = field(default_factory=dict)
    heard: Counter = field(default_factory=Counter)
    took_s: float = 0.0


def sentence(kind: Kind, case: Case) -> str:
    """The refusal, with # for every number and digest in it and without folders, or USED."""
    found = kind.refusal(case)
    return USED if found is None else re.sub(r"\b[0-9a-f]{16,}\b|-?[0-9]+", "#", re.sub(r"(?:/[\w-]+)+/", "", found))


def step(chance: random.Random, hunt: Hunt, out: Path) -> bool:
    """Tries one more input.  Whether it was no finding."""
    case = hunt.kind.changed(chance, chance.choice(hunt.pool))
    current = out / f"current.{hunt.kind.name}"  # for a process that dies
    current.write_bytes(hunt.kind.data(case))
    started, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.alarm(MOST_WAIT_S)
    try:
        found = sentence(hunt.kind, case)
    except Exception:
        return _report(hunt, case, out, traceback.format_exc())
    finally:
        signal.alarm(0)
        took_s = time.process_time() - started
        hunt.took_s += took_s
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    hunt.heard[found] += 1
    if (found not in hunt.first or found == USED) and len(hunt.pool) < MOST_POOL:
        hunt.pool.append(case)
    if found not in hunt.first or _is_nearer(hunt, found, case):
        hunt.first[found] = case
    if took_s > (MOST_USED_S if found == USED else MOST_S) or grown > MOST_GROWTH_KIB:
        return _report(hunt, case, out, f"{found}: {took_s:.1f} s, {grown} KiB more")
    return True


def begin(kind: Kind) -> Hunt:
    """A hunt that starts with the good inputs and those of the corpus that the kind still understands."""
    hunt = Hunt(kind, kind.start())
    for case in hunt.pool:  # compiles what is not compiled yet
        assert sentence(kind, case) == USED, (kind.name, sentence(kind, case))
    for name in ("kept.json", "strangers.json"):
        for row in json.loads((CORPUS / name).read_text()):
            if row["format"] == kind.name:
                with suppress(KeyError):  # a field that the format no longer has
                    case = kind.case(row)
                    if hunt.first.setdefault(sentence(kind, case), case) is case and not isinstance(kind, Container):
                        hunt.pool.append(case)
    return hunt


def _is_nearer(hunt: Hunt, found: str, case: Case) -> bool:
    """Whether an input differs less from a good one than the input of its sentence."""
    return hunt.heard[found] < 100 and hunt.kind.distance(case) < hunt.kind.distance(hunt.first[found])


def _report(hunt: Hunt, case: Case, out: Path, why: str) -> bool:
    """Writes the input down; beside its bytes is the row that test_corpus replays."""
    data = hunt.kind.data(case)
    name = f"finding-{abs(hash(data)) % 10**10}.{hunt.kind.name}"
    (out / name).write_bytes(data)
    (out / f"{name}.json").write_text(json.dumps({"format": hunt.kind.name, **hunt.kind.row(case)}))
    print(f"{name}\n{why[-MOST_PRINTED:]}", flush=True)
    return False


def _hangs(*_: object) -> None:
    raise Hangs(f"no answer in {MOST_WAIT_S} s")


def kept(hunts: list[Hunt]) -> list[dict]:
    """Every sentence with the nearest input that was refused with it, if that is not too long."""
    rows = [
        {"format": hunt.kind.name, "says": says, **hunt.kind.row(case)}
        for hunt in hunts
        for says, case in sorted(hunt.first.items())
    ]
    return [row for row in rows if len(json.dumps(row)) < MOST_KEPT.get(row["format"], MOST_KEPT_OF_A_STRANGER)]


def keep(hunts: list[Hunt], path: Path) -> None:
    """Writes what the hunts kept to a file of the corpus, where rows of other kinds stay as they are."""
    hunted = {hunt.kind.name for hunt in hunts}
    others = [row for row in json.loads(path.read_text()) if row["format"] not in hunted] if path.exists() else []
    rows = ",\n".join(json.dumps(row) for row in (*others, *kept(hunts)))
    path.write_text(f"[\n{rows}\n]\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--format", action="append", choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    signal.signal(signal.SIGALRM, _hangs)
    seed = random.SystemRandom().getrandbits(32) if asked.seed is None else asked.seed
    chance, findings, tried = random.Random(seed), 0, 0
    hunts = [begin(KINDS[name]) for name in asked.format or KINDS]
    end = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        findings += not step(chance, min(hunts, key=lambda hunt: hunt.took_s), asked.out)
        tried += 1
    for hunt in hunts:
        print(
            f"{hunt.kind.name}: {hunt.heard.total()} inputs in {hunt.took_s / 60:.1f} minutes of processor time, "
            f"{len(hunt.first)} sentences, {hunt.heard[USED]} {USED}"
        )
    print(f"seed {seed}: {tried} inputs in {asked.minutes} minutes, {findings} findings")
    if asked.keep:
        keep(hunts, asked.keep)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
