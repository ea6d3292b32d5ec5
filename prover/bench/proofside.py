"""A process that makes the key of one chain, or proves with it, so that its memory is its own.

    python -m prover.bench.proofside      reads JSON lines, and answers each with one

    {"make": log_size, "folder"}    makes the circuit, its key and a witness, and leaves them in the folder
    {"open": folder}                maps them into memory and reads every page
    {"do": "prove"}                 proves and verifies once: how long, and the proof's processor time and peak memory
    {"do": "phases"}                proves once more: processor time by phase
"""

import sys
import time
from pathlib import Path

import numpy as np

from prover.bench import chains, memory, talk
from prover.bench.talk import Document, Ended, Talk
from prover.machine import arrayfolder, files
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16 import provingkey
from zk.groth16.provingkey import ProvingKey
from zk.runtime import profile

WARM = 8  # log2 of the chain whose proof loads the kernels before anything is measured
WITNESS = "witness"


def main() -> None:
    """Does what the lines of standard input say, until they end."""
    told = talk.over(sys.stdin.buffer, sys.stdout.buffer)
    try:
        asked = told.hear()
        assert asked is not None, "without a time limit there is a document"
        if "make" in asked:
            told.say(make(asked["make"], Path(asked["folder"])))
        else:
            Opened(Path(asked["open"]), told).serve()
    except Ended:
        pass


def make(log_size: int, folder: Path) -> Document:
    """Makes the circuit, the key and a witness.  How long it took, and the peak of memory."""
    from zk.groth16 import generator

    started = time.perf_counter()
    chain = chains.make(log_size)
    key = generator.generate(chain.system)
    files.make_folder(folder)
    arrayfolder.save(folder, {**provingkey.to_arrays(key), WITNESS: chain.witness})
    return {"seconds": time.perf_counter() - started, "peak_bytes": memory.peak_bytes()}


class Opened:
    """A key and a witness that are mapped into memory."""

    def __init__(self, folder: Path, told: Talk):
        self._told = told
        self._warm()
        arrays = arrayfolder.load(folder)
        self._witness = np.require(arrays.pop(WITNESS), requirements=["C", "W"])
        self._key: ProvingKey = provingkey.from_arrays(arrays)
        for values in (*arrays.values(), self._witness):
            memory.make_resident(values)
        self._public = array.decode(FR, self._witness[1 : 1 + self._key.num_public])
        self._key_bytes = sum(values.nbytes for values in arrays.values())

    def serve(self) -> None:
        """Says what is open, and then proves as often as it is told to."""
        resident = memory.resident_bytes()
        self._told.say({"constraints": self._key.num_constraints, "key_bytes": self._key_bytes,
                        "resident_bytes": resident})  # fmt: skip
        while (asked := self._told.hear()) is not None:
            self._told.say(self._prove() if asked["do"] == "prove" else self._phases())

    def _prove(self) -> Document:
        from zk.groth16 import prover, verifier

        forgets = memory.forget_peak()
        processor, started = time.process_time(), time.perf_counter()
        proof = prover.prove(self._key, self._witness)
        proved, worked = time.perf_counter(), time.process_time()
        peak = memory.peak_bytes() if forgets else None
        verifier.verify(self._key.verifying, self._public, proof)
        return {"prove_s": proved - started, "processor_s": worked - processor,
                "verify_s": time.perf_counter() - proved, "peak_bytes": peak}  # fmt: skip

    def _phases(self) -> Document:
        from zk.groth16 import prover

        with profile.record() as recorder:
            prover.prove(self._key, self._witness)
        return dict(recorder.busy_s)

    @staticmethod
    def _warm() -> None:
        """Loads the kernels, which are in memory once, whatever the size."""
        from zk.groth16 import generator, prover, verifier

        chain = chains.make(WARM)
        key = generator.generate(chain.system)
        verifier.verify(key.verifying, array.decode(FR, chain.witness[1:2]), prover.prove(key, chain.witness))


if __name__ == "__main__":
    main()
