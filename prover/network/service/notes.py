"""The signed checkpoints that a service shows: its operator signs any, and who is no operator shows those that it kept.

`service.sign` is None where the operator's key is elsewhere: at a validator or a standby, whose ledger is a copy.
"""

from prover.network.service.parts import Parts
from prover.network.service.problems import unknown
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from settlement.following import finality
from settlement.following.finality import Final
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log.checkpoint import Checkpoint


def newest(service: Parts, ledger: Ledger) -> tuple[Checkpoint, str]:
    """The newest checkpoint that can be shown, and its note.  Raises Problem when there is none."""
    if service.sign is not None:
        named = receipts.newest(ledger)
        return named, service.sign(named)
    kept = finality.operator_signed(ledger)
    if kept is None:
        raise unknown("this copy has no checkpoint of its operator's yet")
    return kept


def pending(service: Parts, ledger: Ledger, now_s: int, patience_s: int) -> str:
    """The note of the checkpoint that validators should cosign next.  Raises Problem as `newest`.

    It stays the same until it is final, for `patience_s` at most: of a log that grows, those who ask at one moment
    would begin with as many checkpoints as they are, and a quorum would come together only in a later round.
    """
    if service.sign is None:
        return newest(service, ledger)[1]
    with service.asking:
        size = finality.pending(ledger, now_s, patience_s, service.asked_s)
        if size is None:
            named, text = newest(service, ledger)
            service.asked_s = {named.size - 1: now_s}
            return text
    return service.sign(finality.named(ledger, size))


def receipt(service: Parts, ledger: Ledger, bundle_id: BundleId) -> Receipt | None:
    """The receipt of a bundle: right after it by the operator, and in a copy by the newest checkpoint that it kept."""
    if service.sign is not None:
        return receipts.make(ledger, bundle_id, service.sign)
    named, note = newest(service, ledger)
    return receipts.make_at(ledger, bundle_id, named, lambda _: note)


def signed(service: Parts, final: Final) -> str:
    """The note of a final checkpoint: the validators' signatures, after the operator's."""
    if service.sign is None:
        return final.signed
    origin, lines = final.checkpoint.origin, final.signed.removeprefix(f"{final.checkpoint}\n").splitlines()
    return service.sign(final.checkpoint) + "".join(f"{line}\n" for line in lines if f" {origin} " not in line)
