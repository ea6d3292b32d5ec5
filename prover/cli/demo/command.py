"""`zksettle demo`: one story with real data, told step by step.  Every step names the command that does the same.

The acts are in prover.cli.demo: trade, refusals and measures.
"""

from contextlib import ExitStack
from pathlib import Path

import click

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App, command, pass_app


@command()
@click.option("--keep", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Keep the story's data in a new FOLDER, to be looked at with --home FOLDER.")  # fmt: skip
@pass_app
def demo(app: App, keep: Path | None) -> None:
    """Tell the whole story with real proofs.

    A pool, a leveraged order, a settlement, four cheats refused; what everything took, and who sees what.

    It happens in a temporary home and touches no data of yours; only the proving keys are those of your home, so that
    a second telling need not make them again.
    """
    import time

    from prover.cli.demo import measures, refusals, stage, trade
    from prover.cli.demo.narrator import Narrator
    from prover.cli.demo.story import Story
    from prover.machine import tasks
    from prover.proofs.keystores import Keystore
    from prover.upkeep import warmup

    started = time.perf_counter()
    stopwatch, narrator = tasks.Stopwatch(watching.watcher(app.screen.is_json)), Narrator(app.screen)
    with ExitStack() as stack:
        stack.enter_context(tasks.watched_by(stopwatch))
        home = stack.enter_context(stage.set_up(app.home, keep))
        keystore = Keystore(app.home.keys, workspace.now_ms())
        was_warm = warmup.is_warm() and warmup.has_keys(keystore)
        warmup.run(keystore)
        ledger = stack.enter_context(trade.create_pool(narrator, home, keystore))
        trade.publish(narrator, home, ledger)
        sessions = {
            name: stack.enter_context(trade.trader(narrator, home, ledger, keystore, name))
            for name in trade.traders(narrator)
        }
        story = Story(narrator, stopwatch, home, keystore, ledger, sessions)
        trade.deposit(story)
        placed = trade.place(story)
        settled = trade.take(story, placed)
        refusals.cheat(story, placed, settled)
        measured = measures.tell(story, placed, settled, was_warm, time.perf_counter() - started)
        app.screen.document({"acts": narrator.acts, "measures": measured})
        if keep is not None:
            app.screen.say(f"The data is kept in {keep}: look at it with `zksettle --home {keep} ledger show`.")
            app.screen.say(f"The wallets maker and taker open with the passphrase “{stage.PASSPHRASE}”.")
