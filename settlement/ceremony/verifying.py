"""Verifies a ceremony from its transcript alone, and recomputes its keys.

The powers of tau are verified.  Each statement's initial key is derived from them and from the circuit that this
program compiles.  Each contribution must follow from the previous one: its proof of knowledge is valid, δ is multiplied
by the proven secret, c and h are divided by it, and nothing else has changed.
"""

import hashlib
import io
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BufferedReader
from typing import TYPE_CHECKING

from circuits import registry
from settlement.ceremony import start, transcript
from settlement.ceremony.start import Contributor, Start
from settlement.ceremony.transcript import Link, Transcript
from settlement.pool.pool import Pool
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile, r1csfile, r1cswriter
from zk.formats.r1csfile import CircuitTerms
from zk.runtime.progress import Progress, silent

if TYPE_CHECKING:
    from zk.formats.ptau import Powers
    from zk.formats.zkeyfile import KeyFile
    from zk.groth16.keys import VerifyingKey
    from zk.groth16.provingkey import ProvingKey

Step = Callable[[str, int], AbstractContextManager[Progress]]  # the step's name, and the bytes of memory it takes


@dataclass(frozen=True, eq=False)
class Verified:
    """A valid transcript, and the key of each of its statements."""

    transcript: Transcript
    initial: "dict[str, KeyFile]"  # before the first contribution
    keys: "dict[str, KeyFile]"

    def verifying_key(self, statement: str) -> "VerifyingKey":
        """The verifying key.  Raises FormatError before the first contribution: δ = γ, anybody could forge proofs."""
        from zk.curves import g1

        key = self.keys[statement]
        return key.header.verifying([point for point in g1.decode(key.ic) if point is not None])

    def proving_key(self, statement: str) -> "ProvingKey":
        """The proving key, with one level of tables.  Raises FormatError like `verifying_key`."""
        from zk.formats import zkey, zkeyfile

        file = io.BytesIO()
        zkeyfile.write(file, self.keys[statement])
        return zkey.decode(file.getvalue(), f"the {statement} key")


def unwatched(_what: str, _memory_bytes: int) -> AbstractContextManager[Progress]:
    """A step without progress reports."""
    return nullcontext(silent)


def verify(ceremony: Transcript, step: Step = unwatched) -> Verified:
    """Verifies a transcript; returns its keys.

    Raises InvalidProof, naming the file, for the first thing that is wrong, and FormatError for malformed points.  Must
    not be called from a task of a thread pool.
    """
    if ceremony.problems:
        raise ceremony.problems[0]
    with openfile.opened(ceremony.powers) as file:
        powers = _powers(file, ceremony.start)
        circuits = circuits_for(powers, [circuit.statement for circuit in ceremony.start.circuits])
        if check_powers(powers, step) != ceremony.start.powers.contributors:
            raise InvalidProof(f"{start.FILE} lists other contributors than {start.POWERS_FILE}")
        initial = initial_keys(circuits, powers, step)
    for circuit in ceremony.start.circuits:
        if initial[circuit.statement].ceremony.circuit_hash.hex() != circuit.hash:
            raise InvalidProof(f"{start.FILE} has a wrong circuit hash of {circuit.statement} for these powers")
    keys = initial
    for link in ceremony.chain:
        with step(f"Verifying {link.path.name}", 0) as progress:
            keys = _apply(keys, initial, link, progress)
    _check_proofs_of_knowledge(keys, step)
    return Verified(ceremony, initial, keys)


def check_powers(powers: "Powers", step: Step = unwatched) -> tuple[Contributor, ...]:
    """Verifies powers of tau; returns their contributors.

    Raises InvalidProof or FormatError when they are invalid, or have only a beacon, whose secrets everybody knows.
    """
    from zk.ceremony import phase1check

    with step("Verifying the powers of tau", phase1check.memory_bytes(powers)) as progress:
        attributions = [contribution.attribution for contribution in phase1check.verify(powers, progress)]
    if all(by.beacon is not None for by in attributions):
        raise InvalidProof("the only contribution to the powers of tau is a beacon: everybody knows their secrets")
    return tuple(
        Contributor(by.name if start.is_printable(by.name) else None, by.beacon is not None) for by in attributions
    )


def circuits_for(powers: "Powers", statements: Iterable[str]) -> dict[str, CircuitTerms]:
    """The statements' circuits as this program compiles them.

    Raises FormatError when the powers are unprepared or too few, which is checked first: verifying them takes minutes.
    """
    from zk.ceremony import initial_key

    circuits = {statement: _circuit(statement) for statement in statements}
    for circuit in circuits.values():
        initial_key.check_powers(circuit.header, powers)
    return circuits


def initial_keys(circuits: dict[str, CircuitTerms], powers: "Powers", step: Step = unwatched) -> "dict[str, KeyFile]":
    """The statements' keys before the first contribution.  Raises FormatError when a point of the powers is invalid."""
    from zk.ceremony import initial_key

    keys = {}
    for statement, circuit in circuits.items():
        term_bytes = circuit.values.nbytes + circuit.columns.nbytes
        memory_bytes = initial_key.memory_bytes(term_bytes, circuit.header.num_constraints)
        with step(f"Deriving the initial {statement} key", memory_bytes) as progress:
            keys[statement] = initial_key.make(circuit, powers, progress)
    return keys


def check_added(verified: Verified, keys: "dict[str, KeyFile]", step: Step) -> None:
    """Raises InvalidProof unless these keys are the verified ones with one more valid contribution."""
    from settlement.ceremony import shares

    for statement, key in keys.items():
        shares.check_points(key, verified.initial[statement], f"the new contribution: {statement}")
    _check_proofs_of_knowledge(keys, step)


def _powers(file: BufferedReader, expected: Start) -> "Powers":
    """The powers in an open file.  Raises FormatError when it is not the file that the start describes."""
    from zk.formats import ptau

    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected.powers.sha256:
        raise FormatError(f"{start.POWERS_FILE} is not the file described by {start.FILE}: its SHA-256 is {digest}")
    powers = ptau.decode(file, start.POWERS_FILE)
    if powers.power != expected.powers.power:
        raise FormatError(
            f"{start.POWERS_FILE} is for 2^{powers.power} constraints, "
            f"but {start.FILE} says 2^{expected.powers.power}"
        )
    return powers


def _apply(
    keys: "dict[str, KeyFile]", initial: "dict[str, KeyFile]", link: Link, progress: Progress
) -> "dict[str, KeyFile]":
    """The keys after a contribution.  Raises InvalidProof or FormatError, naming its file, for invalid points."""
    from settlement.ceremony import shares

    content, after = transcript.load(link), {}
    for number, ((statement, before), share) in enumerate(zip(keys.items(), content.shares, strict=True)):
        what = f"{link.path.name}: {statement}"
        after[statement] = shares.apply(before, share, what)
        shares.check_attribution(after[statement], link.head, what)
        shares.check_points(after[statement], initial[statement], what)
        progress(number + 1, len(keys))
    return after


def _check_proofs_of_knowledge(keys: "dict[str, KeyFile]", step: Step) -> None:
    """Raises InvalidProof unless every contributor knew their secrets."""
    from settlement.ceremony import shares

    for statement, key in keys.items():
        with step(f"Verifying the proofs of knowledge for {statement}", 0) as progress:
            shares.check_proofs_of_knowledge(key, statement, progress)


def check_pool(pool: Pool, verified: Verified) -> None:
    """Raises InvalidProof, naming the key, unless all keys of the pool are this ceremony's."""
    for key in pool.keys:
        digest = verified.transcript.digest
        if key.transcript != digest:
            raise InvalidProof(f"the pool's {key.statement} key is not from ceremony {digest[:16]}: {key.origin}")
        if key.fingerprint != registry.pinned(key.statement):
            raise InvalidProof(f"the pool's {key.statement} key is for another version of the statement")
        if key.statement not in verified.keys or verified.verifying_key(key.statement) != key.verifying:
            raise InvalidProof(f"the pool's {key.statement} key differs from the key of ceremony {digest[:16]}")


def _circuit(statement: str) -> CircuitTerms:
    """The statement's circuit as this program compiles it."""
    circuit, file = registry.compiled(statement), io.BytesIO()
    r1cswriter.write(file, circuit.r1cs, len(circuit.private_names))
    return r1csfile.decode_terms(file.getvalue(), statement)
