"""The demo's last act: the audit, and how long everything took."""

from statistics import median
from typing import Any

from circuits import pins
from prover.cli.demo import stage
from prover.cli.demo.story import Story
from prover.machine import hardware, units
from prover.trader.orders import Placed
from prover.trader.sessions import Settlement
from settlement.audit import audit
from settlement.bundles import encoding

PROOF_BYTES = 256


def tell(story: Story, placed: Placed, settlement: Settlement, is_warm: bool, elapsed_s: float) -> dict[str, Any]:
    """Audits the ledger from its file alone, then shows timings and sizes, and returns them as JSON values."""
    story.narrator.act("The record", "Anybody can verify the whole history from the ledger's file alone.")
    with story.narrator.step("zksettle ledger audit") as details:
        report = audit.audit(story.home.ledger)
        details.update({"events": report.events, "proofs": report.proofs, "digest": report.digest.hex()})
        story.screen.say(
            f"{report.events} events, {report.legs} accounts, {report.proofs} proofs: the ledger is sound.", "good"
        )
    took_s, receipt = story.stopwatch.took_s, settlement.receipt
    times: list[tuple[str, list[float]]] = [
        *((name, took_s[name]) for name in (f"Proving {each}" for each in pins.names()) if name in took_s),
        ("Checking the bundle", [receipt.check_us / 1e6]),
        ("Applying it", [receipt.apply_us / 1e6]),
        ("Auditing the ledger", [details["seconds"]]),
        ("The whole story", [elapsed_s + details["seconds"]]),
    ]
    sizes = {
        "proof": PROOF_BYTES,
        "order's leg with escrow and margin": len(encoding.encode_leg(placed.leg)),
        "bundle of two legs": len(encoding.encode_bundle(settlement.bundle)),
        "ledger on disk": stage.ledger_bytes(story.home),
        **{f"proving key of {name}": stage.key_bytes(story.keystore, name) for name in pins.names()},
    }
    story.screen.say()
    rows = [_row(name, values_s) for name, values_s in times]
    story.screen.table(("what", ">times", ">min", ">median", ">max"), rows)
    story.screen.gap()
    story.screen.table(("what", ">size"), [(name, units.size(count)) for name, count in sizes.items()])
    machine, start = hardware.describe(), "warm" if is_warm else "cold: kernels or keys were made first"
    story.screen.say(f"{machine['cpu']}, {machine['threads']} threads, Numba {machine['numba']}, {start}", "dim")
    peak = hardware.peak_memory_bytes()
    if peak is not None:
        story.screen.say(f"peak memory: {units.size(peak)}", "dim")
    return {
        "seconds": {name: [round(value_s, 6) for value_s in values_s] for name, values_s in times},
        "bytes": sizes,
        "peak_memory_bytes": peak,
        "warm": is_warm,
        "machine": machine,
    }


def _row(name: str, values_s: list[float]) -> tuple[str, ...]:
    times = (units.seconds(value_s) for value_s in (min(values_s), median(values_s), max(values_s)))
    return name, str(len(values_s)), *times
