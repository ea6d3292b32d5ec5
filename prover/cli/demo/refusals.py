"""The demo's fifth act: four cheats, each refused for its own numbered reason."""

from typing import TYPE_CHECKING

from prover.cli.demo.story import Story
from prover.cli.frame import workspace
from prover.cli.trader import show

if TYPE_CHECKING:
    from prover.trader.orders import Placed
    from prover.trader.sessions import Settlement
    from settlement.rejection import Rejected


def cheat(story: Story, placed: "Placed", settled: "Settlement") -> None:
    """Tries all four, and then an honest withdrawal, to show that it was the cheating that was refused."""
    story.narrator.act(
        "Four cheats", "Whoever cheats skips the checks of an honest wallet, but not those of the ledger."
    )
    _twice(story, settled)
    _one_unit_and_one_bit(story)
    _beyond_the_margin(story, placed)


def _twice(story: Story, settled: "Settlement") -> None:
    from prover.cli.demo import cheats
    from settlement import encoding

    with story.narrator.step("", "The same order settled twice: the bundle is sent once more.") as told:
        data = encoding.encode_bundle(settled.bundle)
        _refused(story, told, cheats.refusal_of(story.ledger, data, workspace.now_ms()))


def _one_unit_and_one_bit(story: Story) -> None:
    from prover.cli.demo import cheats, stage
    from settlement import encoding, engine

    taker, ((asset, amount),) = story.sessions["taker"], story.amount(stage.WITHDRAWN).items()
    attempt = "A bundle that does not balance: a withdrawal of one smallest unit more than the account gives up."
    with story.narrator.step("", attempt) as told:
        honest = cheats.withdrawal(taker, asset, amount, "taker's bank", workspace.now_ms())
        _refused(
            story, told, cheats.refusal_of(story.ledger, cheats.one_unit_more(story.ledger, honest), workspace.now_ms())
        )
    with story.narrator.step("", "A proof with one bit changed.") as told:
        _refused(story, told, cheats.refusal_of(story.ledger, cheats.one_bit_changed(honest), workspace.now_ms()))
    with story.narrator.step(
        "", "A proof with one point replaced by its negative, so that it stays well formed."
    ) as told:
        _refused(story, told, cheats.refusal_of(story.ledger, cheats.one_point_negated(honest), workspace.now_ms()))
    with story.narrator.step(f'zksettle withdraw "{stage.WITHDRAWN}" --wallet taker') as told:
        receipt = engine.submit(story.ledger, encoding.encode_bundle(honest.bundle), workspace.now_ms())
        told.update(show.receipt_json(receipt))
        story.screen.say(f"The same bundle without the cheating: settled at height {receipt.height}.", "good")


def _beyond_the_margin(story: Story, placed: "Placed") -> None:
    from prover.cli.demo import cheats, stage
    from prover.trader import orders
    from zk.errors import Unsatisfied

    maker, now_ms = story.sessions["maker"], workspace.now_ms()
    sell, buy = story.amount(stage.TOO_MUCH_SELL), story.amount(stage.TOO_MUCH_BUY)
    command = f'zksettle order place --wallet maker --sell "{stage.TOO_MUCH_SELL}" --buy "{stage.TOO_MUCH_BUY}"'
    with story.narrator.step(command, "An order beyond the margin.") as told:
        try:
            orders.place(maker, sell, buy, [], now_ms + stage.HOUR_MS, now_ms)
        except Unsatisfied as refusal:
            told["refused"] = str(refusal)
            story.screen.paragraph(f"Refused by the maker's own prover: {refusal}.", "bad")
        else:
            raise AssertionError("an order beyond the margin was proved")
    with story.narrator.step(
        "", "The same order, with the margin proof of the first one beside a leg that is true."
    ) as told:
        _refused(story, told, cheats.borrowed_margin(maker, sell, buy, placed, now_ms))


def _refused(story: Story, told: dict, refusal: "Rejected") -> None:
    reason = refusal.rejection
    told["rejection"] = {"number": reason.value, "name": reason.name, "detail": refusal.detail}
    story.screen.paragraph(f"Rejection {reason.value} ({reason.name}): {refusal.detail}.", "bad")
