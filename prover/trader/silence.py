"""Whether the insurance has shown itself in time: what everybody must know before the pool restricts itself.

Right after a publication the insurance has not shown itself in the newest epoch yet, which says nothing.
"""

from typing import Any

from settlement.checks import margins
from settlement.ledger import Ledger


def sentence(ledger: Ledger, now_ms: int) -> str | None:
    """What the insurance's silence means, and who ends it; None while it shows itself, or nobody can owe anything."""
    parameters, silent = ledger.parameters(now_ms), margins.silent_epochs(ledger)
    if parameters.guardians is None or silent < 2:
        return None
    what = f"or {margins.epochs(silent)} the insurance has not shown that it is solvent"
    remedy = "the guardians end this with `zksettle guardian watch`"
    if silent > parameters.grace_epochs:
        return f"RESTRICTED: f{what}, so only cash legs, top-ups and seizures settle; {remedy}."
    left = margins.epochs(parameters.grace_epochs - silent + 1)
    return f"F{what}: in {left} the pool restricts itself to cash legs, top-ups and seizures; {remedy}."


def document(ledger: Ledger, now_ms: int) -> dict[str, Any]:
    """The same as JSON values."""
    grace, silent = ledger.parameters(now_ms).grace_epochs, margins.silent_epochs(ledger)
    return {"silent_epochs": silent, "grace_epochs": grace, "is_restricted": silent > grace}
