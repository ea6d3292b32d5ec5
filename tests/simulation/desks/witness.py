"""What every proof is about: openings, which nobody but the simulation sees.

Without real proofs a notary makes them (tests/simulation/notary.py), and refuses what is false; it looks at each claim
once, because a claim does not change.
"""

from dataclasses import dataclass, field
from typing import Any

from circuits.records import Account
from circuits.statements import leg as leg_statement
from settlement.pool.pool import Pool
from tests.simulation.notary import Notary
from zk.errors import Unsatisfied
from zk.groth16.keys import Proof


class QuickNotary(Notary):
    """A notary that remembers what it found out about a claim."""

    def __init__(self, pool: Pool):
        super().__init__(pool)
        self._found: dict[Any, str | None] = {}

    def reason(self, proof: Proof) -> str | None:
        """The phrase for what is false about the claim of a proof, or None."""
        if proof.a not in self._found:
            self._found[proof.a] = super().reason(proof)
        return self._found[proof.a]

    def proved(self, name: str, public: Any, private: Any) -> Proof:
        """A proof as the pipeline makes it.  Raises Unsatisfied for a false statement."""
        proof = self.prove(name, public, private)
        if (false_line := self.reason(proof)) is not None:
            raise Unsatisfied(f"the {name} statement is false: {false_line}")
        return proof


@dataclass(frozen=True)
class Opened:
    """The old and the new account of a leg or a seizure; a genesis leg has no old one."""

    old: Account | None
    new: Account | None
    amount: int = 0


@dataclass
class Witness:
    """Notes the openings of every leg and seizure that is proved, by the new commitment."""

    opened: dict[int, Opened] = field(default_factory=dict)

    def note(self, name: str, public: Any, private: Any) -> None:
        """Looks on while something is proved."""
        if name == "leg":
            assert isinstance(private, leg_statement.Private)
            self.opened[public.commitment] = Opened(None if private.genesis else private.old, private.new)
        elif name == "seize":
            self.opened[public.commitment] = Opened(private.old, None, private.amount)
