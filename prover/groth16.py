"""Groth16 proofs of circom circuits, in five lines.

    from prover import circom, groth16

    key = groth16.load_key("circuit_final.zkey")
    witness = circom.witness("circuit_js/circuit.wasm", "input.json")
    proof = groth16.prove(key, witness)
    groth16.verify(key.verifying, proof)
    proof.to_snarkjs()

This module reads files and keeps a cache of keys.  zk/groth16 does neither, and `zk` must not import `prover`, so it is
here.  The first proof on a machine compiles the kernels, which takes about a minute once (`zksettle warmup` does it
ahead of time), and the first use of a .zkey file checks all of it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.circom import proofs
from prover.circom.proofs import Key
from prover.circom.witnesses import Witness
from prover.machine import files, threadcount
from zk.formats import openfile, snarkjs, zkeyheader
from zk.groth16 import keys, verifier
from zk.groth16.keys import VerifyingKey

__all__ = ["Key", "Proof", "VerifyingKey", "load_key", "load_verifying_key", "prove", "verify"]

Source = str | os.PathLike[str] | bytes  # a file, by its path or by its content

_SHOWN_INPUTS = 4


@dataclass(frozen=True, repr=False)
class Proof:
    """A proof together with its public inputs, which are canonical integers."""

    points: keys.Proof
    public: tuple[int, ...]

    def __repr__(self) -> str:
        more = ", …" if len(self.public) > _SHOWN_INPUTS else ""
        return f"Proof({len(self.public)} public inputs: {', '.join(map(str, self.public[:_SHOWN_INPUTS]))}{more})"

    def to_snarkjs(self) -> tuple[dict[str, Any], list[str]]:
        """The contents of snarkjs's proof.json and public.json, as `snarkjs.groth16.verify` takes them."""
        return json.loads(snarkjs.encode_proof(self.points)), list(map(str, self.public))

    @classmethod
    def from_snarkjs(cls, proof: Source | Mapping[str, Any], public: Source | Sequence[str]) -> "Proof":
        """The proof in snarkjs's proof.json and public.json: paths, contents, or what `to_snarkjs` returned.

        Raises FormatError, naming the field, when one is malformed.  Nothing is verified.
        """
        proof_data = json.dumps(proof).encode() if isinstance(proof, Mapping) else _content(proof)
        if isinstance(public, str | bytes | os.PathLike):
            public_data = _content(public)
        else:
            public_data = json.dumps(list(public)).encode()
        return cls(snarkjs.decode_proof(proof_data), tuple(snarkjs.decode_public(public_data)))

    def save(self, proof_path: str | os.PathLike[str], public_path: str | os.PathLike[str]) -> None:
        """Writes proof.json and public.json, both or neither.

        Raises OSError, naming the file, and ValueError when both are one file.
        """
        if os.path.realpath(proof_path) == os.path.realpath(public_path):
            raise ValueError(f"the proof and its public inputs need different files: both are {os.fspath(proof_path)}")
        texts = {proof_path: snarkjs.encode_proof(self.points), public_path: snarkjs.encode_public(self.public)}
        files.replace_all({Path(path): text.encode() for path, text in texts.items()})


def load_key(source: Source) -> Key:
    """The proving key in a .zkey file.

    A file is checked once for each of its contents; then the key comes from the cache.  A key from before phase 2 of
    its ceremony is refused, because anybody could forge proofs under it.

    Raises FormatError, naming the part, when the file cannot be read or is malformed.
    """
    return proofs.decode_key(source) if isinstance(source, bytes) else proofs.load_key(Path(source))


def load_verifying_key(source: Source) -> VerifyingKey:
    """The verifying key in a verification_key.json or in a .zkey file, of which only the header is read.

    Raises FormatError, naming the field, when the file cannot be read or is malformed.
    """
    if isinstance(source, bytes):
        is_zkey = source.startswith(zkeyheader.MAGIC)
        return zkeyheader.read_fixed(source)[0] if is_zkey else snarkjs.decode_verifying_key(source)
    path = Path(source)
    with openfile.opened(path) as file:
        if file.read(len(zkeyheader.MAGIC)) == zkeyheader.MAGIC:
            return zkeyheader.read_fixed(file, str(path))[0]
    return snarkjs.decode_verifying_key(files.read(path, snarkjs.MAX_BYTES))


def prove(key: Key, witness: Witness, threads: int | None = None) -> Proof:
    """A proof that the witness satisfies the circuit, which has been verified before it is returned.

    `threads` is the number of threads that compute it: by default ZKSETTLE_THREADS, else as many as there are cores.
    During the call it applies to the whole process.

    Raises FormatError when the witness is for another circuit, and Unsatisfied when it does not satisfy this one.
    """
    if threads is not None and not 1 <= threads <= threadcount.MAX:
        raise ValueError(f"threads must be a number from 1 to {threadcount.MAX}")
    with threadcount.limited_to(threads):
        points, public = proofs.prove_witness(key, witness)
    return Proof(points, tuple(public))


def verify(key: VerifyingKey | Key, proof: Proof) -> None:
    """Verifies a proof for its public inputs.

    Raises InvalidProof when it is not valid, or when the key has another number of public inputs.
    """
    verifier.verify(key.verifying if isinstance(key, Key) else key, proof.public, proof.points)


def _content(source: Source) -> bytes:
    return source if isinstance(source, bytes) else files.read(Path(source), snarkjs.MAX_BYTES)
