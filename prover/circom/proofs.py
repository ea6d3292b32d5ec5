"""The road of a proof for a circom circuit: CIRCUIT.zkey and WITNESS.wtns → prove → verify.

The key is checked and made quick to prove with once for each content of the file (`keycache`).  No proof leaves before
it has verified here, which is also how a witness that does not satisfy the circuit is noticed: a .zkey file has no
matrix C to ask.  The .r1cs file has; where it lies beside the key, it is asked which constraint does not hold.
"""

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prover.circom import checking, circuit, keycache, siblings
from prover.machine import tasks
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.fields import array
from zk.formats import openfile
from zk.groth16.keys import Proof, ProvingKey

_MAX_OPEN_KEYS = 8


@dataclass(frozen=True)
class _Opened:
    """A key, the SHA-256 of its file, and whether it comes from the cache."""

    key: ProvingKey
    digest: str
    is_from_cache: bool


_open_keys: dict[tuple, _Opened] = {}  # by path and state of the file, the one used longest ago first


def open_key(path: Path) -> ProvingKey:
    """The proving key in a .zkey file.  Raises FormatError when it is malformed; the message names the part."""
    return _open(path).key


def check_key(path: Path) -> None:
    """Raises FormatError when there is no file to read a key from, or its header or lengths are wrong.

    Of its points only a few are read, and no kernel is needed.
    """
    from zk.formats import zkeyheader

    with openfile.opened(path) as file:
        zkeyheader.read_fixed(file, str(path))


def read_witness(path: Path) -> np.ndarray:
    """(wires, 4) plain words of the witness in a .wtns file.  Raises FormatError when it is malformed."""
    from zk.formats import wtns

    with openfile.opened(path) as file:
        return wtns.decode(file, str(path))


def prove(zkey_path: Path, wtns_path: Path) -> tuple[Proof, list[int]]:
    """A proof that has verified, and its public inputs.

    Raises FormatError when a file is malformed or the witness is for another circuit, and Unsatisfied when the witness
    does not satisfy this one.
    """
    return prove_witness(zkey_path, read_witness(wtns_path), wtns_path)


def prove_witness(zkey_path: Path, witness: np.ndarray, given: Path) -> tuple[Proof, list[int]]:
    """`prove` with a witness, (wires, 4) plain words, that was read or calculated from the file `given`."""
    opened = _open(zkey_path)
    if len(witness) != opened.key.num_wires:
        raise FormatError(f"{given} has {len(witness)} wires, and {zkey_path} is for {opened.key.num_wires}")
    public = array.from_plain(witness[1 : opened.key.num_public + 1])
    with tasks.task("Proving"):
        proof = _proof(opened.key, witness, public)
        if proof is None and opened.is_from_cache and not keycache.is_intact(opened.digest):
            keycache.discard(opened.digest)
            proof = _proof(_open(zkey_path, is_anew=True).key, witness, public)
    if proof is None:
        raise Unsatisfied(f"{given} does not satisfy the circuit: {_reason(zkey_path, witness)}")
    return proof, public


def _reason(zkey_path: Path, witness: np.ndarray) -> str:
    """Which constraint does not hold, where the circuit's .r1cs file lies beside its key."""
    path = siblings.circuit_of_key(zkey_path)
    if path is not None:
        with suppress(FormatError), tasks.task(f"Looking through {path.name}"):
            found = circuit.read(path)
            if violation := checking.first_violation(found, witness):
                return f"constraint {violation.index} does not hold, {checking.written(found, violation)[0]}"
    return "the proof made from it does not verify"


def _proof(key: ProvingKey, witness: np.ndarray, public: list[int]) -> Proof | None:
    """A proof that verifies, or None."""
    from zk.groth16 import prover, verifier
    from zk.ntt import polynomial

    proof = prover.prove(key, polynomial.from_plain(witness))
    try:
        verifier.verify(key.verifying, public, proof)
    except InvalidProof:
        return None
    return proof


def _open(path: Path, is_anew: bool = False) -> _Opened:
    """The key in the file, which is not read again while its place, size and times stay what they are."""
    found = _state(path)
    state = (path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    opened = _open_keys.pop(state, None)
    if opened is None or is_anew:
        with tasks.task(f"Opening {path.name}"):
            opened = _made(path) if is_anew else _kept(path) or _made(path)
    _open_keys[state] = opened
    for oldest in list(_open_keys)[:-_MAX_OPEN_KEYS]:
        _open_keys.pop(oldest, None)
    return opened


def _state(path: Path) -> os.stat_result:
    """The state of a regular file.  Raises FormatError when it is none; a pipe would be waited for without end."""
    try:
        found = path.stat()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(found.st_mode):
        raise FormatError(f"{path} is not a file")
    return found


def _kept(path: Path) -> _Opened | None:
    """The key from the cache, when the points that proofs are verified and hidden with are those of the file."""
    from zk.formats import zkeyheader

    with openfile.opened(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if (key := keycache.load(digest)) is None:
            return None
        fixed = zkeyheader.read_fixed(file, str(path))
    return _Opened(key, digest, is_from_cache=True) if keycache.is_for(key, fixed) else None


def _made(path: Path) -> _Opened:
    """The key checked and extended now, and kept: what is returned is memory-mapped where it could be."""
    from zk.formats import zkey
    from zk.groth16 import tables

    with openfile.opened(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        key = zkey.decode(file, str(path))
    key = tables.extend(key)
    kept = keycache.keep(digest, key)
    return _Opened(kept or key, digest, is_from_cache=kept is not None)
