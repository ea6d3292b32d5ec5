"""Groth16 proofs of circom circuits: CIRCUIT.zkey and a witness → prove → verify.

A key is checked and converted once for each content of its file (`keycache`).  Every proof is verified before it is
returned.  This also detects a witness that does not satisfy the circuit, which nothing before can detect, because a
.zkey file lacks the matrix C.  When the circuit's .r1cs file is beside the key, the violated constraint is named.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prover.circom import checking, circuit, keycache, siblings, witnesses
from prover.circom.witnesses import Witness
from prover.machine import files, longstep, tasks
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.fields import array
from zk.fields.prime import FR
from zk.formats import openfile, wtns, zkeyheader
from zk.groth16.keys import Proof, VerifyingKey
from zk.groth16.provingkey import ProvingKey

_MAX_OPEN_KEYS = 8
# Measured on keys of 2^13 and of 2^16 constraints.
_MEMORY_PER_FILE_BYTE = 6  # of a .zkey file that is checked: mainly four multiples of each of its points
_MEMORY_PER_WIRE = _MEMORY_PER_ROW = 700  # bytes of a proof, for each wire and for each row of the domain


@dataclass(frozen=True, repr=False, eq=False)
class Key:
    """A proving key that is ready to use.

    `path` is its .zkey file and `digest` that file's SHA-256; a key that was not read from a file has neither.
    `is_from_cache` says that its arrays are memory-mapped from the cache.
    """

    proving: ProvingKey
    name: str
    path: Path | None = None
    digest: str | None = None
    is_from_cache: bool = False

    def __repr__(self) -> str:
        counts = f"{self.num_wires:,} wires, {self.num_public:,} public inputs, {self.num_constraints:,} constraints"
        return f"Key({self.name}: {counts})"

    @property
    def verifying(self) -> VerifyingKey:
        """The verifier's part."""
        return self.proving.verifying

    @property
    def num_wires(self) -> int:
        """The number of wires, the constant one included."""
        return self.proving.num_wires

    @property
    def num_public(self) -> int:
        """The number of public inputs."""
        return self.proving.num_public

    @property
    def num_constraints(self) -> int:
        """The number of constraints."""
        return self.proving.num_constraints


_open_keys: dict[tuple, Key] = {}  # by path and state of the file, the least recently used first
_unproven: set[str] = set()  # digests of the keys this process put into the cache, until a proof under them verifies


def load_key(path: Path) -> Key:
    """The key in a .zkey file, which is not read again while the file's place, size and times stay the same.

    Raises FormatError, naming the part, when the file cannot be read or is malformed, and NotEnoughMemory.
    """
    before = files.check_regular(path)
    state = (path, before.st_dev, before.st_ino, before.st_size, before.st_mtime_ns, before.st_ctime_ns)
    key = _open_keys.pop(state, None)
    if key is None:
        key = _cached(path) or _read(path)
    _open_keys[state] = key
    for oldest in list(_open_keys)[:-_MAX_OPEN_KEYS]:
        _open_keys.pop(oldest, None)
    return key


def forget() -> None:
    """Forgets the keys that this process has opened; their files and the cache stay."""
    _open_keys.clear()
    _unproven.clear()


def decode_key(data: bytes, name: str = "the key") -> Key:
    """The key in the content of a .zkey file, which is not put into the cache.  Raises FormatError as `load_key`."""
    from zk.formats import zkey
    from zk.groth16 import tables

    return Key(tables.extend(zkey.decode(data, name)), name)


def open_key(path: Path) -> ProvingKey:
    """The arrays of the key in a .zkey file.  Raises as `load_key`."""
    return load_key(path).proving


def check_key(path: Path) -> zkeyheader.KeyHeader:
    """The header of a .zkey file.  No kernel runs.

    Raises FormatError when the file cannot be read, its header or its lengths are wrong, or anybody could forge proofs
    under the key.
    """
    with openfile.opened(path) as file:
        header, parts = zkeyheader.split(file, str(path))
        header.verifying(zkeyheader.g1_points(parts[zkeyheader.IC]))
    return header


def check_counts(zkey_path: Path, wtns_path: Path) -> None:
    """Raises FormatError unless key and witness have the same number of wires.  Reads headers only."""
    header = check_key(zkey_path)
    with openfile.opened(wtns_path) as file:
        _check_num_wires(wtns.read_num_wires(file, str(wtns_path)), str(wtns_path), header.num_wires, zkey_path)


def check_fits(zkey_path: Path, witness: Witness) -> None:
    """Raises FormatError unless a witness has as many wires as a key, of which only the header is read."""
    _check_num_wires(witness.num_wires, witness.name, check_key(zkey_path).num_wires, zkey_path)


def _check_num_wires(of_witness: int, name: str, of_key: int, key: object) -> None:
    if of_witness != of_key:
        raise FormatError(f"{name} has {of_witness} wires, and {key} is for {of_key}")


def prove(zkey_path: Path, wtns_path: Path) -> tuple[Proof, list[int]]:
    """A proof from files, and its public inputs.  Raises as `load_key`, `witnesses.read` and `prove_witness`."""
    check_counts(zkey_path, wtns_path)
    return prove_witness(load_key(zkey_path), witnesses.read(wtns_path))


def prove_witness(key: Key, witness: Witness) -> tuple[Proof, list[int]]:
    """A proof that has verified, and its public inputs.

    Raises FormatError when the witness is for another circuit, and Unsatisfied when it does not satisfy this one.
    """
    _check_num_wires(witness.num_wires, witness.name, key.num_wires, key.name)
    public = array.from_plain(witness.values[1 : key.num_public + 1])
    memory = _MEMORY_PER_WIRE * key.num_wires + (_MEMORY_PER_ROW << key.proving.log_size)
    with longstep.begin("Proving", memory):
        proof = _proof(key, witness, public)
        if proof is None and key.is_from_cache and not keycache.is_intact(_digest(key)):
            proof = _proof(_read_again(key), witness, public)
    if proof is None:
        if key.digest in _unproven:  # nothing shows that the key is good
            keycache.discard(_digest(key))
        raise Unsatisfied(f"{witness.name} does not satisfy the circuit: {_reason(key, witness)}")
    _unproven.discard(key.digest or "")
    return proof, public


def _reason(key: Key, witness: Witness) -> str:
    """The reason in words: the violated constraint, when the circuit's .r1cs file is beside its key."""
    path = None if key.path is None else siblings.circuit_of_key(key.path)
    if path is not None:
        with suppress(FormatError), tasks.task(f"Searching {path.name}"):
            constraints = circuit.read(path)
            if violation := checking.first_violation(constraints, witness.values):
                text, _ = checking.describe(constraints, violation)
                return f"constraint {violation.index} does not hold, {text}"
    return "the proof made from it does not verify"


def _proof(key: Key, witness: Witness, public: list[int]) -> Proof | None:
    """A proof that verifies, or None."""
    from zk.fields import conversion
    from zk.groth16 import prover, verifier

    proof = prover.prove(key.proving, conversion.from_plain(FR, witness.values))
    try:
        verifier.verify(key.verifying, public, proof)
    except InvalidProof:
        return None
    return proof


def _digest(key: Key) -> str:
    assert key.digest is not None, "a key from the cache has the digest of its file"
    return key.digest


def _cached(path: Path) -> Key | None:
    """The key from the cache, or None.  Its points that verify and blind proofs are compared with the file's."""
    with openfile.opened(path) as file, tasks.task(f"Opening {path.name}"):
        fixed = zkeyheader.read_fixed(file, str(path))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        proving = keycache.load(digest)
    if proving is None or not keycache.is_for(proving, fixed):
        return None
    return Key(proving, str(path), path, digest, is_from_cache=True)


def _read(path: Path) -> Key:
    """Checks and extends the key in a file, and puts it into the cache; memory-mapped from there if possible."""
    from zk.formats import zkey
    from zk.groth16 import tables

    memory = _MEMORY_PER_FILE_BYTE * os.path.getsize(path)
    with openfile.opened(path) as file, longstep.begin(f"Checking {path.name}", memory):
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        proving = tables.extend(zkey.decode(file, str(path)))
        cached = keycache.keep(digest, proving)
    if cached is not None:
        _unproven.add(digest)
    return Key(cached or proving, str(path), path, digest, is_from_cache=cached is not None)


def _read_again(key: Key) -> Key:
    """Discards the damaged cache entry and reads the key's file again.  Raises FormatError when that has changed."""
    assert key.path is not None, "a key from the cache has a file"
    keycache.discard(_digest(key))
    for state in [state for state, open_key in _open_keys.items() if open_key is key]:
        del _open_keys[state]
    again = load_key(key.path)
    if again.digest != key.digest:
        raise FormatError(f"{key.path} changed while it was used")
    return again
