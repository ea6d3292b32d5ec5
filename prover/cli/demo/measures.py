"""The demo's last act: the audit, and what everything took."""

from typing import TYPE_CHECKING, Any

from prover.cli.demo.story import Story
from prover.cli.frame.screen import seconds, size

if TYPE_CHECKING:
    from prover.trader.orders import Placed
    from prover.trader.sessions import Settlement


def tell(story: Story, placed: "Placed", settled: "Settlement", was_warm: bool, so_far_s: float) -> dict[str, Any]:
    """Audits the ledger from its file alone, then tells timings and sizes; the same comes back as JSON values."""
    from prover.cli.demo import stage
    from prover.machine import hardware
    from settlement import audit, encoding

    story.narrator.act("The record", "Anybody can work everything out again from the ledger's file alone.")
    with story.narrator.step("zksettle ledger audit") as told:
        report = audit.audit(story.home.ledger)
        told.update({"events": report.events, "proofs": report.proofs, "digest": report.digest.hex()})
        story.screen.say(
            f"{report.events} events, {report.legs} accounts, {report.proofs} proofs: all is right.", "good"
        )
    took_s, receipt = story.stopwatch.took_s, settled.receipt
    times = [(name, took_s[name]) for name in ("Proving leg", "Proving margin") if name in took_s]
    times += [("Checking the bundle", [receipt.check_us / 1e6]), ("Applying it", [receipt.apply_us / 1e6])]
    times += [("Auditing the ledger", [told["seconds"]]), ("The whole story", [so_far_s + told["seconds"]])]
    leg = encoding.encode_leg(placed.leg)
    sizes = {
        "proof": 256,
        "order's leg with margin": len(leg),
        "bundle of two legs": len(encoding.encode_bundle(settled.bundle)),
        "ledger on disk": stage.ledger_bytes(story.home),
        "proving key of leg": stage.key_bytes(story.keystore, "leg"),
        "proving key of margin": stage.key_bytes(story.keystore, "margin"),
    }
    story.screen.say()
    story.screen.table(("what", ">times", ">least", ">median", ">most"), [_row(name, found) for name, found in times])
    story.screen.gap()
    story.screen.table(("what", ">size"), [(name, size(count)) for name, count in sizes.items()])
    described, start = hardware.describe(), "warm" if was_warm else "cold: kernels or keys were made first"
    story.screen.say(f"{described['cpu']}, {described['threads']} threads, Numba {described['numba']}, {start}", "dim")
    peak = hardware.peak_memory_bytes()
    if peak is not None:
        story.screen.say(f"most memory in use: {size(peak)}", "dim")
    return {
        "seconds": {name: [round(value, 6) for value in found] for name, found in times},
        "bytes": sizes,
        "peak_memory_bytes": peak,
        "warm": was_warm,
        "machine": described,
    }


def _row(name: str, found: list[float]) -> tuple[str, ...]:
    from statistics import median

    return name, str(len(found)), seconds(min(found)), seconds(median(found)), seconds(max(found))
