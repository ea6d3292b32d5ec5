"""The demo's act six: prices fall, the maker tops up, prices fall again, and the guardians end the account."""

from prover.cli.demo import founding, stage
from prover.cli.demo.story import Story
from prover.cli.trader import show
from prover.guardian.watch import Step
from prover.machine import units
from prover.trader import health, moves, sessions
from prover.trader.health import Health
from settlement import amounts


def fall(story: Story) -> None:
    """Tells the whole act."""
    story.narrator.act(
        "A fall, a top-up, a second fall",
        "The guardians open every account that owes, value it at each epoch, and end it before it is worth nothing. "
        "Until then its owner can always top it up.",
    )
    maker = story.sessions["maker"]
    _publish(story, stage.FIRST_FALL)
    _show_health(story)
    ((asset, amount),) = story.amount(stage.TOP_UP).items()
    with story.narrator.step(f'zksettle deposit --top-up "{stage.TOP_UP}" --wallet maker') as details:
        receipt = moves.deposit(maker, asset, amount, "maker's bank", story.now_ms(), is_top_up=True).receipt
        details.update(show.receipt_json(receipt))
        story.screen.say("Settled without a proof of margin, because it only adds.", "good")
    _publish(story, stage.SECOND_FALL)
    _show_health(story)
    _seize(story)
    _tell_the_maker(story)


def watch(story: Story) -> Step:
    """One step of the guardians, told as the command that takes one after the other."""
    with story.narrator.step("zksettle guardian watch") as details:
        done = story.watch.step()
        details |= {"seized": len(done.seized), "watched": len(story.watch.view.accounts)}
        if done.seized:
            story.screen.say(f"{len(done.seized)} account in breach: seized, and taken over by the insurance.", "warn")
        elif done.has_beaten:
            story.screen.say("No account is in breach. The insurance proved that it is solvent.", "good")
        else:
            story.screen.say("No account is in breach.", "good")
    return done


def _publish(story: Story, price: str) -> None:
    founding.publish(story, {"ETH": price, "ETH-PERP": price})


def _show_health(story: Story) -> None:
    maker = story.sessions["maker"]
    with story.narrator.step("zksettle wallet health maker") as details:
        report = health.report(story.ledger, maker.wallet, story.now_ms())
        assert report is not None and len(report.accounts) == 1, "the maker has one margined account"
        own = report.accounts[0]
        details |= {"worth": str(own.worth), "can_trade": own.can_trade, "is_breached": own.is_breached}
        story.screen.fields([
            ("worth", story.value(own.worth)),
            ("initial margin", _margin(story, min(own.initial), own.to_trade)),
            ("maintenance", _margin(story, min(own.maintenance), own.to_be_safe)),
        ])  # fmt: skip
        story.screen.say(*_verdict(own))


def _margin(story: Story, worst: int, needed: int) -> str:
    text = f"{story.value(worst)} in the worst scenario"
    return text if worst >= 0 else f"{text}; {amounts.show(needed, story.numeraire)} more would do"


def _verdict(own: Health) -> tuple[str, str]:
    if own.is_breached:
        return "In breach: the guardians may seize it.", "bad"
    if not own.can_trade:
        return "It can trade nothing until it is topped up.", "warn"
    return "It survives every scenario.", "good"


def _seize(story: Story) -> None:
    done = watch(story)
    assert len(done.seized) == 1, "only the maker is in breach"
    seconds = story.narrator.acts[-1]["steps"][-1]["seconds"]
    story.screen.say(f"From the prices to the settled seizure: {units.seconds(seconds)}.", "dim")
    story.narrator.sees(
        everybody="that some margined account ended; not whose, how large, or what was left",
        guardians="the portfolio, not its owner", holder="nothing that concerns it",
    )  # fmt: skip


def _tell_the_maker(story: Story) -> None:
    with story.narrator.step("zksettle wallet sync maker") as details:
        synced = sessions.sync(story.sessions["maker"])
        (seized,) = synced.seized
        taken, left = seized.account.account.balances, seized.residual.account.balances
        details |= {"taken": show.balances_json(taken, story.pool), "left": show.balances_json(left, story.pool)}
        story.screen.fields([
            ("taken", show.line(taken, story.pool)),
            ("worth", f"{story.value(seized.worth)} at the prices of epoch {seized.epoch}"),
            ("left to the maker", f"{show.line(left, story.pool)}, at position {seized.residual.position}"),
        ])  # fmt: skip
        story.screen.paragraph(
            "The wallet computes this account by itself: guardians who seal nothing can hide nothing."
        )
