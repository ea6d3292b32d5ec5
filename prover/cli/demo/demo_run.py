"""Runs `zksettle demo`: sets the stage and plays the acts in order."""

import os
import time
from contextlib import ExitStack
from pathlib import Path

import click

from prover.cli.demo import expiring, founding, margincall, measures, refusals, stage, trade
from prover.cli.demo.narrator import Narrator
from prover.cli.demo.story import Story, StoryClock
from prover.cli.frame import watching
from prover.cli.frame.command import App
from prover.guardian import office
from prover.machine import clock, files, tasks
from prover.proofs.keystores import Keystore
from prover.upkeep import warmup


def demo(app: App, keep: Path | None, is_network: bool) -> None:
    """Tells the story, or that of a network; with `keep`, in a new folder that is not deleted."""
    if is_network:
        _network(app, keep)
        return
    start_s = time.perf_counter()
    stopwatch, narrator = tasks.Stopwatch(watching.watcher(app.screen.is_json)), Narrator(app.screen)
    with ExitStack() as stack:
        stack.enter_context(tasks.watched_by(stopwatch))
        home = stack.enter_context(stage.set_up(app.home, keep))
        now_ms = StoryClock(stage.LASTS_DAYS * stage.DAY_MS)
        keystore = Keystore(app.home.keys, clock.now_ms())
        is_warm = warmup.is_warm() and warmup.has_keys(keystore)
        warmup.run(keystore)
        ledger = stack.enter_context(founding.create_pool(narrator, home, keystore, now_ms))
        watch, _ = stack.enter_context(office.opened(home, ledger, now_ms))
        story = Story(narrator, stopwatch, home, keystore, ledger, {}, watch, now_ms)
        founding.publish(story, {"ETH-PERP": "3000"}, is_table=True)
        founding.insure(story, stack)
        for name in trade.introduce(narrator):
            story.sessions[name] = stack.enter_context(trade.create_wallet(narrator, home, ledger, keystore, name))
        trade.deposit(story)
        placed = trade.place(story)
        settlement = trade.take(story, placed)
        expiring.buy(story)
        refusals.cheat(story, placed, settlement)
        margincall.fall(story)
        expiring.expire(story)
        measurements = measures.tell(story, placed, settlement, is_warm, time.perf_counter() - start_s)
        app.screen.document({"acts": narrator.acts, "measures": measurements})
        if keep is not None:
            app.screen.say(f"The data is kept in {keep}: look at it with `zksettle --home {keep} ledger show`.")
            app.screen.say(f"Its wallets open with the passphrase “{stage.PASSPHRASE}”.")


def _network(app: App, keep: Path | None) -> None:
    """Tells the story of a network in processes that are forked once everything is loaded."""
    if not hasattr(os, "fork"):
        raise click.UsageError("--network takes processes that fork, which this system does not have")
    start_s, narrator = time.perf_counter(), Narrator(app.screen)
    files.make_folder(app.home.keys)
    with watching.show_progress(app):
        warmup.run(Keystore(app.home.keys, clock.now_ms()))
        warmup.load_kernels()
    warm_s = time.perf_counter() - start_s
    from prover.cli.demo import network

    measures = network.tell(narrator, app.home, keep)
    measures["seconds"] |= {"loading": round(warm_s, 6), "story": round(time.perf_counter() - start_s - warm_s, 6)}
    app.screen.say()
    app.screen.say(f"The story took {measures['seconds']['story']:.1f} s, and loading {warm_s:.1f} s before it.", "dim")
    app.screen.document({"acts": narrator.acts, "measures": measures})
    if keep is not None:
        app.screen.say(f"Every machine's home is kept in {keep}; the wallets' passphrase is “{stage.PASSPHRASE}”.")
