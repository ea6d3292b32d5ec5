"""Random damage for any length of time:  python -m tests.hostile.fuzz --minutes 10 [--format zkey …] [--seed 1]

Best with NUMBA_BOUNDSCHECK=1, so that a kernel that would leave an array raises.  A file that is refused with a new
sentence is damaged further, which gets past the first checks.  A file that is neither refused nor used without an error
is a finding: it is printed and written to the folder --out, and the exit code is 1.  With --keep one file for every
sentence is written in the form that tests/hostile/test_corpus.py replays.
"""

import argparse
import json
import random
import re
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from tests.hostile import goods, mutate
from tests.hostile.goods import FORMATS, Format, Parts

MOST_S, MOST_USED_S = 1.0, 10.0  # of processor time; a beacon may ask for a million hashes
MOST_GROWTH_KIB = 256 << 10
MOST_KEPT = 5000  # characters of a row
WORD = 4  # bytes; files are compared in steps of them
USED = "read and used"


@dataclass
class Hunt:
    """The state of fuzzing one format: the files to start from, and for every sentence a file and a count.

    The file of a sentence is the one that differs least from the good one.
    """

    kind: Format
    pool: list[Parts]
    first: dict[str, bytes] = field(default_factory=dict)
    heard: Counter = field(default_factory=Counter)


def sentence(kind: Format, data: bytes) -> str:
    """The refusal, with # for every number in it, or USED."""
    found = goods.refusal(kind, data)
    return USED if found is None else re.sub(r"-?[0-9]+", "#", found)


def edits(good: bytes, bad: bytes) -> list[list]:
    """The differences of the bad file from the good one: [offset, number of bytes removed, bytes inserted in hex]."""
    left = [good[i : i + WORD] for i in range(0, len(good), WORD)]
    right = [bad[i : i + WORD] for i in range(0, len(bad), WORD)]
    changes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [
        [i * WORD, len(b"".join(left[i:j])), b"".join(right[k:m]).hex()]
        for tag, i, j, k, m in changes
        if tag != "equal"
    ]


def edited(good: bytes, changes: list[list]) -> bytes:
    """The bad file, from the good one and `edits`."""
    for offset, length, data in reversed(changes):
        good = good[:offset] + bytes.fromhex(data) + good[offset + length :]
    return good


def step(chance: random.Random, hunt: Hunt, out: Path) -> bool:
    """Tries one more file.  Whether it was no finding."""
    sections, data = mutate.mutated(chance, hunt.kind, chance.choice(hunt.pool))
    current = out / f"current.{hunt.kind.name}"  # for a process that dies
    current.write_bytes(data)
    started, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = sentence(hunt.kind, data)
    except Exception:
        return _report(hunt, data, out, traceback.format_exc())
    took_s = time.process_time() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    hunt.heard[found] += 1
    if found not in hunt.first:
        hunt.first[found] = data
        hunt.pool.append(sections)
    elif found == USED and len(hunt.pool) < 400:
        hunt.pool.append(sections)
    if _is_nearer(hunt, found, data):
        hunt.first[found] = data
    if took_s > (MOST_USED_S if found == USED else MOST_S) or grown > MOST_GROWTH_KIB:
        return _report(hunt, data, out, f"{found}: {took_s:.1f} s, {grown} KiB more")
    return True


def _is_nearer(hunt: Hunt, found: str, data: bytes) -> bool:
    """Whether a file differs less from the good one than the file of its sentence."""
    return hunt.heard[found] < 100 and _distance(hunt, data) < _distance(hunt, hunt.first[found])


def _distance(hunt: Hunt, data: bytes) -> int:
    good = hunt.kind.good()
    return sum(left != right for left, right in zip(good, data, strict=False)) + 2 * abs(len(good) - len(data))


def _report(hunt: Hunt, data: bytes, out: Path, why: str) -> bool:
    name = f"finding-{abs(hash(data)) % 10**10}.{hunt.kind.name}"
    (out / name).write_bytes(data)
    print(f"{name}\n{why}", flush=True)
    return False


def kept(hunts: list[Hunt]) -> list[dict]:
    """Every sentence with the nearest file that was refused with it, as edits, if these are not too many."""
    rows = [
        {"format": hunt.kind.name, "says": says, "edits": edits(hunt.kind.good(), data)}
        for hunt in hunts
        for says, data in sorted(hunt.first.items())
    ]
    return [row for row in rows if len(json.dumps(row)) < MOST_KEPT]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--format", action="append", choices=list(FORMATS))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    seed = random.SystemRandom().getrandbits(32) if asked.seed is None else asked.seed
    chance, findings, tried = random.Random(seed), 0, 0
    hunts = [Hunt(FORMATS[name], [goods.parts(FORMATS[name].good())]) for name in asked.format or FORMATS]
    for hunt in hunts:  # compiles what is not compiled yet
        assert sentence(hunt.kind, hunt.kind.good()) == USED, hunt.kind.name
    end = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        findings += not step(chance, chance.choice(hunts), asked.out)
        tried += 1
    for hunt in hunts:
        print(f"{hunt.kind.name}: {hunt.heard.total()} files, {len(hunt.first)} sentences, {hunt.heard[USED]} {USED}")
    print(f"seed {seed}: {tried} files in {asked.minutes} minutes, {findings} findings")
    if asked.keep:
        rows = ",\n".join(json.dumps(row) for row in kept(hunts))
        asked.keep.write_text(f"[\n{rows}\n]\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
