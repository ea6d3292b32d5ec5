"""A ceremony worked out again from its transcript alone: our own circuits, the powers of τ, and every contribution.

The powers are verified, each statement's first key is made from them and from the circuit that this program compiles,
and each contribution must follow from the one before: the contributor knew the secret, δ is multiplied by it, c and h
are divided by it, nothing else moved.  What is left at the end are the keys.
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
from settlement.ceremony.start import Contributor
from settlement.ceremony.transcript import Link, Transcript
from settlement.pool import Pool
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile, r1csfile, r1cswriter
from zk.formats.r1csfile import CircuitTerms
from zk.runtime.progress import Progress, silent

if TYPE_CHECKING:
    from zk.formats.ptau import Powers
    from zk.formats.zkeyfile import KeyFile
    from zk.groth16.keys import ProvingKey, VerifyingKey

Step = Callable[[str, int], AbstractContextManager[Progress]]  # what is begun, and how many bytes of memory it takes


@dataclass(frozen=True, eq=False)
class Verified:
    """A transcript in which everything is right, and the key of each of its statements."""

    transcript: Transcript
    first: "dict[str, KeyFile]"  # before the first contribution
    keys: "dict[str, KeyFile]"

    def verifying_key(self, statement: str) -> "VerifyingKey":
        """The verifying key.  Raises FormatError when nobody has contributed: δ = γ, and anybody could forge."""
        from zk.curves import g1

        key = self.keys[statement]
        return key.header.verifying(g1.decode(key.ic))

    def proving_key(self, statement: str) -> "ProvingKey":
        """The proving key, its tables with one level.  Raises FormatError as `verifying_key`."""
        from zk.formats import zkey, zkeyfile

        file = io.BytesIO()
        zkeyfile.write(file, self.keys[statement])
        return zkey.decode(file.getvalue(), f"the {statement} key")


def unwatched(_what: str, _memory_bytes: int) -> AbstractContextManager[Progress]:
    """A step that nobody watches."""
    return nullcontext(silent)


def verify(found: Transcript, step: Step = unwatched) -> Verified:
    """The keys of a ceremony whose transcript is right.

    Raises InvalidProof, naming the file, for the first thing that is not, and FormatError for bytes that are no points.
    Not to be called from a task of the pool.
    """
    if found.problems:
        raise found.problems[0]
    with openfile.opened(found.powers) as file:
        powers = _powers(file, found.start)
        listed = circuits_for(powers, [circuit.statement for circuit in found.start.circuits])
        if check_powers(powers, step) != found.start.powers.contributors:
            raise InvalidProof(f"{start.FILE} names others than those who contributed to the powers")
        first = first_keys(listed, powers, step)
    for circuit in found.start.circuits:
        if first[circuit.statement].ceremony.circuit_hash.hex() != circuit.hash:
            raise InvalidProof(f"{start.FILE} has another circuit hash of {circuit.statement} than these powers give")
    keys = first
    for link in found.chain:
        with step(f"Checking {link.path.name}", 0) as progress:
            keys = _following(keys, first, link, progress)
    _check_knowledge(keys, step)
    return Verified(found, first, keys)


def check_powers(powers: "Powers", step: Step = unwatched) -> tuple[Contributor, ...]:
    """Who contributed to the powers.

    Raises InvalidProof or FormatError when they are not right, or made by a beacon alone: everybody knows its secrets.
    """
    from zk.ceremony import phase1check

    with step("Verifying the powers of tau", phase1check.memory_bytes(powers)) as progress:
        told = [found.attribution for found in phase1check.verify(powers, progress)]
    if all(by.beacon is not None for by in told):
        raise InvalidProof("only a beacon contributed to the powers of tau, so everybody knows their secrets")
    return tuple(Contributor(by.name if start.is_shown(by.name) else None, by.beacon is not None) for by in told)


def circuits_for(powers: "Powers", statements: Iterable[str]) -> dict[str, CircuitTerms]:
    """The statements' circuits as this program compiles them.

    Raises FormatError when the powers are not prepared or too few for one; to verify them would take minutes.
    """
    from zk.ceremony import initial_key

    listed = {statement: _listing(statement) for statement in statements}
    for circuit in listed.values():
        initial_key.check_powers(circuit.header, powers)
    return listed


def first_keys(circuits: dict[str, CircuitTerms], powers: "Powers", step: Step = unwatched) -> "dict[str, KeyFile]":
    """The statements' keys before the first contribution.  Raises FormatError when the powers have a wrong point."""
    from zk.ceremony import initial_key

    made = {}
    for statement, circuit in circuits.items():
        term_bytes = circuit.values.nbytes + circuit.columns.nbytes
        memory_bytes = initial_key.memory_bytes(term_bytes, circuit.header.num_constraints)
        with step(f"Making the first {statement} key from the powers", memory_bytes) as progress:
            made[statement] = initial_key.make(circuit, powers, progress)
    return made


def check_added(verified: Verified, keys: "dict[str, KeyFile]", step: Step) -> None:
    """Raises InvalidProof unless these keys are the verified ones with one right contribution more."""
    from settlement.ceremony import shares

    for statement, key in keys.items():
        shares.check_points(key, verified.first[statement], f"the new contribution: {statement}")
    _check_knowledge(keys, step)


def _powers(file: BufferedReader, begun: start.Start) -> "Powers":
    """The powers in an open file.  Raises FormatError when they are not those that the start names."""
    from zk.formats import ptau

    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != begun.powers.sha256:
        raise FormatError(f"{start.POWERS_FILE} is not the file that {start.FILE} names: its SHA-256 is {digest}")
    powers = ptau.decode(file, start.POWERS_FILE)
    if powers.power != begun.powers.power:
        raise FormatError(f"{start.POWERS_FILE} is for 2^{powers.power} constraints, and {start.FILE} says otherwise")
    return powers


def _following(
    keys: "dict[str, KeyFile]", first: "dict[str, KeyFile]", link: Link, progress: Progress
) -> "dict[str, KeyFile]":
    """The keys after a contribution.  Raises InvalidProof or FormatError, naming its file, for wrong points."""
    from settlement.ceremony import shares

    found, made = transcript.load(link), {}
    for number, ((statement, before), share) in enumerate(zip(keys.items(), found.shares, strict=True)):
        what = f"{link.path.name}: {statement}"
        made[statement] = shares.following(before, share, what)
        shares.check_attribution(made[statement], link.head, what)
        shares.check_points(made[statement], first[statement], what)
        progress(number + 1, len(keys))
    return made


def _check_knowledge(keys: "dict[str, KeyFile]", step: Step) -> None:
    """Raises InvalidProof unless every contributor knew the secrets that they multiplied with."""
    from settlement.ceremony import shares

    for statement, key in keys.items():
        with step(f"Checking what the contributors to {statement} knew", 0) as progress:
            shares.check_knowledge(key, statement, progress)


def check_pool(pool: Pool, verified: Verified) -> None:
    """Raises InvalidProof, naming the key, unless all keys of the pool come from this ceremony."""
    for key in (pool.leg, pool.margin):
        digest = verified.transcript.digest
        if key.transcript != digest:
            raise InvalidProof(f"the pool's {key.statement} key is not of ceremony {digest[:16]}: {key.origin}")
        if key.fingerprint != registry.pinned(key.statement):
            raise InvalidProof(f"the pool's {key.statement} key is for another version of the statement")
        if key.statement not in verified.keys or verified.verifying_key(key.statement) != key.verifying:
            raise InvalidProof(f"the pool's {key.statement} key is not the one that ceremony {digest[:16]} made")


def _listing(statement: str) -> CircuitTerms:
    """The statement's circuit as this program compiles it."""
    circuit, file = registry.compiled(statement), io.BytesIO()
    r1cswriter.write(file, circuit.r1cs, len(circuit.private_names))
    return r1csfile.decode_terms(file.getvalue(), statement)
