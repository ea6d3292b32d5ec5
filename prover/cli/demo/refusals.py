"""The demo's fifth act: four cheats, each refused for its own numbered reason."""

from dataclasses import replace
from typing import Any

from prover.cli.demo import cheats, stage
from prover.cli.demo.story import Story
from prover.cli.trader import show
from prover.trader import orders, readers
from prover.trader.orders import Placed
from prover.trader.sessions import Settlement
from settlement import engine
from settlement.bundles import encoding
from settlement.rejection import Rejected
from zk.errors import Unsatisfied


def cheat(story: Story, placed: Placed, settlement: Settlement) -> None:
    """Tries all four cheats, and an honest withdrawal, which shows that the cheating was the reason."""
    story.narrator.act(
        "Four cheats", "A cheater can skip the checks of an honest wallet, but not those of the ledger."
    )
    _settle_twice(story, settlement)
    _withdraw_too_much(story)
    _exceed_the_margin(story, placed)


def _settle_twice(story: Story, settlement: Settlement) -> None:
    attempt = "Settling one order twice: its legs are sent again, in another bundle."
    with story.narrator.step("", attempt) as details:
        legs = settlement.bundle.legs  # the very same bundle would only get its receipt again
        data = encoding.encode_bundle(replace(settlement.bundle, legs=legs[::-1]))
        _refused(story, details, cheats.refusal_of(story.ledger, data, story.now_ms()))


def _withdraw_too_much(story: Story) -> None:
    """A withdrawal of one unit too much, two forged proofs, and the honest withdrawal."""
    ledger, taker = story.ledger, story.sessions["taker"]
    ((asset, amount),) = story.amount(stage.WITHDRAWN).items()
    attempt = "A bundle that does not balance: it withdraws one smallest unit more than the account gives up."
    with story.narrator.step("", attempt) as details:
        honest = cheats.withdrawal(taker, asset, amount, "taker's bank", story.now_ms())
        _refused(story, details, cheats.refusal_of(ledger, cheats.one_unit_more(taker, honest), story.now_ms()))
    with story.narrator.step("", "A proof with one bit flipped.") as details:
        _refused(story, details, cheats.refusal_of(ledger, cheats.one_bit_changed(honest), story.now_ms()))
    with story.narrator.step("", "A proof with one point negated, so that it stays well formed.") as details:
        _refused(story, details, cheats.refusal_of(ledger, cheats.one_point_negated(honest), story.now_ms()))
    with story.narrator.step(f'zksettle withdraw "{stage.WITHDRAWN}" --wallet taker') as details:
        receipt = engine.submit(ledger, encoding.encode_bundle(honest.bundle), story.now_ms())
        details.update(show.receipt_json(receipt))
        story.screen.say(f"The same bundle without the cheating settled at height {receipt.height}.", "good")


def _exceed_the_margin(story: Story, placed: Placed) -> None:
    maker, now_ms = story.sessions["maker"], story.now_ms()
    sell, buy = story.amount(stage.TOO_MUCH_SELL), story.amount(stage.TOO_MUCH_BUY)
    amounts = f'--sell "{stage.TOO_MUCH_SELL}" --buy "{stage.TOO_MUCH_BUY}"'
    command = f"zksettle order place --wallet maker {amounts} --to everybody --yes"
    with story.narrator.step(command, "An order beyond the margin.") as details:
        try:
            orders.place(maker, sell, buy, readers.addresses_of([readers.EVERYBODY]), now_ms + stage.HOUR_MS, now_ms)
        except Unsatisfied as refusal:
            details["refused"] = str(refusal)
            story.screen.paragraph(f"The maker's own prover refuses: {refusal}.", "bad")
        else:
            raise AssertionError("an order beyond the margin was proved")
    attempt = "The same order with a true leg, and the margin proof of the first order beside it."
    with story.narrator.step("", attempt) as details:
        _refused(story, details, cheats.borrowed_margin(maker, sell, buy, placed, now_ms))


def _refused(story: Story, details: dict[str, Any], refusal: Rejected) -> None:
    reason = refusal.rejection
    details["rejection"] = {"number": reason.value, "name": reason.name, "detail": refusal.detail}
    story.screen.paragraph(f"Rejection {reason.value} ({reason.name}): {refusal.detail}.", "bad")
