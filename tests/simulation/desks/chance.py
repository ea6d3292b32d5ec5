"""What is drawn and what time it is: of a seed, and of simulated time, wherever the code under test asks.

The main thread draws from the seed.  The threads in which guardians answer draw from the machine: what they draw is in
their signatures only, on which nothing depends.

What depends on its arguments alone is computed once: hashes, points, the legs in bytes, and whether a signature holds.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache

import pytest

from prover.guardian import acting
from prover.machine import clock
from prover.trader import assembly, walletfile
from settlement.bundles import encoding
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.hashes import poseidon
from zk.signature import Claim

REMEMBERED = 1 << 17


class Serial:
    """Stands for a pool of threads, and does at once what it is given: proofs of a notary are not worth a thread."""

    def __init__(self, *_: object):
        pass

    def __enter__(self) -> "Serial":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[..., object], *given: object) -> Future:
        """What the function returns or raises."""
        done: Future = Future()
        try:
            done.set_result(function(*given))
        except BaseException as error:
            done.set_exception(error)
        return done


def _once(verify_batch: Callable[[Sequence[Claim]], list[int]]) -> Callable[[Sequence[Claim]], list[int]]:
    """The same, with a memory: twenty desks look at each order."""
    known: dict[Claim, bool] = {}

    def verify(claims: Sequence[Claim]) -> list[int]:
        new = [claim for claim in claims if claim not in known]
        false = set(verify_batch(new)) if new else set()
        known.update((claim, number not in false) for number, claim in enumerate(new))
        return [number for number, claim in enumerate(claims) if not known[claim]]

    return verify


@contextmanager
def controlled(seed: int, now_ms: Callable[[], int]) -> Iterator[random.Random]:
    """Entropy of the seed and the clock of `now_ms`; nothing waits for a disk, and passphrases are cheap."""
    drawn, main = random.Random(f"entropy {seed}"), threading.main_thread()
    scalar, token, shuffled = entropy.scalar, entropy.token, entropy.shuffled

    def is_main() -> bool:
        return threading.current_thread() is main

    def shuffle(items):
        order = list(items)
        drawn.shuffle(order)
        return order

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entropy, "scalar", lambda most: 1 + drawn.randrange(most - 1) if is_main() else scalar(most))
        patch.setattr(entropy, "token", lambda size: drawn.randbytes(size) if is_main() else token(size))
        patch.setattr(entropy, "shuffled", lambda items: shuffle(items) if is_main() else shuffled(items))
        patch.setattr(clock, "now_ms", now_ms)
        patch.setattr(clock, "running", lambda start_ms: lambda: max(start_ms, now_ms()))
        patch.setattr(os, "fsync", lambda file: None)
        patch.setattr(os, "fdatasync", lambda file: None)
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        for name in ("multiply", "multiply_base"):
            patch.setattr(babyjubjub, name, lru_cache(REMEMBERED)(getattr(babyjubjub, name)))
        for module in (assembly, acting):
            patch.setattr(module, "ThreadPoolExecutor", Serial)
        patch.setattr(encoding, "decode_leg", lru_cache(REMEMBERED)(encoding.decode_leg))
        patch.setattr(signature, "verify_batch", _once(signature.verify_batch))
        remembered = lru_cache(REMEMBERED)(poseidon.hash)
        patch.setattr(poseidon, "hash", lambda inputs, tag=0: remembered(tuple(inputs), tag))
        yield random.Random(f"desks {seed}")
