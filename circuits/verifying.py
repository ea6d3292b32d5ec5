"""Verification of a statement's proofs by name: public inputs as the statement's dataclass, laid out in its order.

The verifier is imported where it is used, because it loads Numba.
"""

from collections.abc import Sequence
from typing import Any

from circuits import registry
from circuits.statements import statement
from zk.groth16.keys import Proof, VerifyingKey


def verify(name: str, key: VerifyingKey, public: Any, proof: Proof) -> None:
    """Returns when the proof shows the statement true of these public inputs.  Raises InvalidProof when it does not."""
    from zk.groth16 import verifier

    verifier.verify(key, _inputs(name, public), proof)


def verify_batch(items: Sequence[tuple[str, VerifyingKey, Any, Proof]]) -> None:
    """Verifies many (name, key, public, proof) at once.  Raises InvalidProof whose `index` names a bad one."""
    from zk.groth16 import verifier

    verifier.verify_batch([(key, _inputs(name, public), proof) for name, key, public, proof in items])


def _inputs(name: str, public: Any) -> list[int]:
    assert isinstance(public, registry.get(name).Public)
    return [number for _, number in statement.leaves(public)]
