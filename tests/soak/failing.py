"""Every system call of a settlement fails, one after the other: `python -m tests.soak.failing`.

With EIO and with ENOSPC, once or from then on, and the service goes on or dies: see tests/prover/network/faulty.py for
what its client may be told.  Prints how often it was told what.
"""

import errno
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests import databases, faults
from tests.prover.network import faulty


def main() -> int:
    if faults.why_not() is not None:
        print(faults.why_not())
        return 1
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=databases.fast_folder()) as folder:
        scene = faulty.Scene(Path(folder))
        calls = scene.calls()
        for number, call in enumerate(calls):
            ways = {
                "EIO": faulty.once(number, errno.EIO), "ENOSPC": faulty.once(number, errno.ENOSPC),
                "ENOSPC from then on": faulty.from_then_on(number, errno.ENOSPC),
            }  # fmt: skip
            for way, fails in ways.items():
                for dies in (False, True):
                    try:
                        told[f"{way}: {scene.told(fails, dies=dies)}"] += 1
                    except AssertionError:
                        print(f"call {number}, {call}, {way}, {'dies' if dies else 'goes on'}")
                        raise
    print(f"{len(calls)} system calls, {sum(told.values())} settlements")
    for text, count in sorted(told.items()):
        print(f"{count:6} {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
