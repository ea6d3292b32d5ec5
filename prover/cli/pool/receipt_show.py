"""Shows receipts, as fields and as JSON."""

from prover.cli.frame.screen import printable
from prover.cli.trader import show
from prover.machine import clock
from prover.receipts import openings
from prover.receipts.confirmation import Confirmation
from prover.receipts.netfile import VerifiedNet
from prover.receipts.openings import Opening
from prover.receipts.receiptfile import Verified
from settlement import amounts
from settlement.bundles.bundle import Account
from settlement.pool import poolfile
from settlement.pool.pool import Pool


def fields(found: Verified, *, is_opened: bool = True) -> show.Fields:
    """A receipt as fields; with `is_opened`, what its opened legs did too."""
    legs = f"{len(found.bundle.legs)} accounts moved" if len(found.bundle.legs) != 1 else "one account moved"
    flows = [show.flow_text(flow, found.pool) for leg in found.bundle.legs for flow in leg.flows]
    opened = [(f"leg {each.leg}", opening_text(each, found)) for each in found.openings]
    times = [f"{name}, {clock.text(time_s * 1000)}" for name, time_s in found.signers.cosigned.items()]
    signers = found.signers
    count = f"{len(signers.cosigned)} of {signers.quorum} validators"
    count = count if signers.quorum else "the pool has no validators"
    return [
        ("ledger id", poolfile.ledger_id(found.pool).hex()),
        ("bundle", found.bundle_id.hex()),
        ("settled", f"at height {found.event.height}, {clock.text(found.event.created_ms)}"),
        ("final", f"yes, by {count}" if found.is_final else f"no: {count}"),
        *([("cosigned by", "\n".join(times))] if times else []),
        ("public of it", "\n".join([legs, *flows])),
        *(opened if is_opened else []),
    ]


def document(found: Verified) -> dict[str, object]:
    """A receipt as JSON values."""
    return {
        "ledger_id": poolfile.ledger_id(found.pool).hex(),
        "bundle": found.bundle_id.hex(),
        "height": found.event.height,
        "positions": list(found.positions),
        "created_ms": found.event.created_ms,
        "checkpoint": {"size": found.checkpoint.size, "root": found.checkpoint.root.hex()},
        "final": found.is_final,
        "cosigned": found.signers.cosigned,
        "quorum": found.signers.quorum,
        "legs": len(found.bundle.legs),
        "flows": [show.flow_json(flow, found.pool) for leg in found.bundle.legs for flow in leg.flows],
        "openings": [opening_json(each, found) for each in found.openings],
    }


def opening_text(opened: Opening, found: Verified) -> str:
    """What a leg did, in words, with what flowed in or out: fees stand on every leg, whoever pays them."""
    flowed = [flow for flow in found.bundle.legs[opened.leg].flows if flow.account is not Account.FEE]
    flows = [show.flow_text(flow, found.pool) for flow in flowed]
    within = f" (with {', '.join(flows)})" if flows else ""
    return changes_text(opened.changes, found.pool) + within


def opening_json(opened: Opening, found: Verified) -> dict[str, object]:
    """What a leg did, as JSON values, without its blinding."""
    return {"leg": opened.leg, "changes": show.balances_json(opened.changes, found.pool)}


def changes_text(changes: openings.Changes, pool: Pool) -> str:
    """What an account gave and what it got."""
    gave, got = amounts.show_trade(changes, pool)
    return f"gave {gave}, got {got}"


def confirmation_fields(confirmed: Confirmation, found: Verified) -> show.Fields:
    """A trade that both sides confirm, as fields."""
    fees = tuple(-each for each in confirmed.fees)
    return [
        ("first side", changes_text(confirmed.sides[0], found.pool)),
        ("second side", changes_text(confirmed.sides[1], found.pool)),
        ("fees in it", show.line(fees, found.pool)),
        *([("other flows in it", changes_text(confirmed.others, found.pool))] if any(confirmed.others) else []),
    ]


def confirmation_json(confirmed: Confirmation, pool: Pool) -> dict[str, object]:
    """A trade that both sides confirm, as JSON values."""
    first, second = (show.balances_json(each, pool) for each in confirmed.sides)
    fees = show.balances_json(tuple(-each for each in confirmed.fees), pool)
    return {"first": first, "second": second, "fees": fees, "other_flows": show.balances_json(confirmed.others, pool)}


def net_fields(found: VerifiedNet) -> show.Fields:
    """A net receipt as fields."""
    bundles = {height for height, _ in found.legs}
    count = f"{len(found.signers.cosigned)} of {found.signers.quorum} validators"
    final = "yes, by " if found.signers.is_final else "no: "
    return [
        ("ledger id", poolfile.ledger_id(found.pool).hex()),
        ("made for", printable(found.purpose)),
        ("legs", f"{len(found.legs)} of {len(bundles)} bundles, heights {min(bundles)} to {max(bundles)}"),
        ("settled", f"{clock.text(found.first_ms)} to {clock.text(found.last_ms)}"),
        ("final", final + (count if found.signers.quorum else "the pool has no validators")),
        ("net", changes_text(found.net, found.pool)),
    ]


def net_document(found: VerifiedNet) -> dict[str, object]:
    """A net receipt as JSON values."""
    return {
        "ledger_id": poolfile.ledger_id(found.pool).hex(), "purpose": found.purpose,
        "legs": [{"height": height, "leg": leg} for height, leg in found.legs],
        "first_ms": found.first_ms, "last_ms": found.last_ms, "final": found.signers.is_final,
        "cosigned": found.signers.cosigned, "quorum": found.signers.quorum,
        "net": show.balances_json(found.net, found.pool), "shows_one_leg": found.shows_one_leg,
    }  # fmt: skip
