"""Runs `zksettle guardian …`."""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App, Done
from prover.cli.pool import guardian_show
from prover.guardian import acting, dealing, guardianfile, meeting, office, recovery
from prover.guardian.group import TooFew
from prover.guardian.staff import Staff
from prover.guardian.step import Step
from prover.guardian.watch import Watch
from prover.machine import clock
from prover.upkeep import warmup
from settlement.checks import margins
from settlement.errors import Unavailable
from settlement.pool import poolfile
from settlement.pool.assets import NUMERAIRE
from settlement.pool.pool import asset_index
from zk.errors import FormatError, Unsatisfied

PATIENCE_S = 2.0


def new(app: App, address: str | None, show: bool) -> None:
    """Makes a guardian's identity, or shows the one that is here."""
    path = app.home.guardian_identity
    if show or address is None:
        identity = meeting.read(path)
    else:
        identity = meeting.new(path, address)
        app.screen.say(f"The identity is made; its secret is in {path}: keep it from others.")
    app.screen.say(identity.name)
    app.screen.document({"guardian": identity.name})


def deal(
    app: App, names: tuple[str, ...], threshold: int, number: int, wait_s: int, output: Path | None
) -> None:  # fmt: skip
    """Deals the keys with the guardians of these names, and writes this one's file."""
    if output is not None:
        paths.check_folder(output)
    home = app.home
    identity, peers = meeting.read(home.guardian_identity), [meeting.parse(name) for name in names]
    if any(one.number == number for one in guardianfile.here(home.guardians)):
        raise FormatError(f"there are shares of guardian key {number} in {home.guardians} already: give --number")
    with watching.show_progress(app):
        dealt = meeting.deal(identity, peers, threshold, number, wait_s)
    path, record = guardianfile.write(home.guardians, dealt), dealing.record(dealt)
    app.done = Done(f"the keys are dealt; this guardian's shares are in {path}", {"file": str(path)}, "")
    app.screen.say(f"The keys are dealt. This is guardian {dealt.index} of {record.members}; its shares are in {path}: "
                   "keep a copy, for they cannot be made again.", "good")  # fmt: skip
    if output is not None:
        paths.write_text(output, json.dumps({"guardians": poolfile.guardians_json(record)}, indent=1) + "\n")
        app.screen.say(f"The pool is founded with `zksettle pool new --parameters {output}`.")
    guardian_show.record(app, record)


def watch(app: App, once: bool, member: int | None, interval_ms: int) -> None:
    """Watches the ledger until Ctrl-C, or once."""
    with opened(app, member) as (watched, staff):
        if once:
            step = watched.step()
            guardian_show.step(app, watched, step)
            for sentence in guardian_show.troubles(step):
                app.screen.paragraph(sentence, "warn")
            if watched.now() is None:
                app.screen.say("No prices are in force, so nothing can be valued: `zksettle oracle publish`.", "warn")
            elif step == Step(waiting=step.waiting):
                app.screen.say("Nothing was to be done: no account is in breach, and the insurance has shown itself.")
            app.screen.document(guardian_show.step_json(watched, step))
            return
        office.rehearse(watched)
        staff.serve()
        guardian_show.beginning(app, watched, staff)
        _watch(app, watched, interval_ms, min(one.index for one in staff.newest))


def seize(app: App, position: int | None, member: int | None) -> None:
    """Seizes one account in breach."""
    with opened(app, member) as (watched, _):
        watched.look()
        now = watched.now()
        if now is None or now.insurance is None:
            raise Unsatisfied("nothing can be seized without fresh prices and an insurance that takes it over")
        targets = [one for one in watched.seizable(now) if position in (None, int(one.position))]
        if not targets:
            which = "no margined account" if position is None else f"no margined account at position {position}"
            raise Unsatisfied(f"{which} is in breach of maintenance")
        taken = watched.seize(now, targets[:1])
        if not taken:
            raise Unsatisfied("the insurance cannot take this account over without breaching maintenance itself")
        step = Step(seized=taken)
        guardian_show.step(app, watched, step)
        app.screen.document(guardian_show.step_json(watched, step))


def status(app: App, member: int | None) -> None:
    """Shows the guardians, what they watch, and the insurance.  Raises TooFew when nothing can be watched."""
    with opened(app, member, proves=False) as (watched, staff):
        with ThreadPoolExecutor(len(staff.groups)) as threads:
            pings = {number: threads.submit(group.reachable) for number, group in staff.groups.items()}
            reachable = {number: ping.result() for number, ping in pings.items()}
        try:
            if (guardians := watched.ledger.parameters(clock.now_ms()).guardians) is not None:
                watched.means.group(guardians.number).require(reachable[guardians.number])
            waiting = watched.look()
        except TooFew as error:
            guardian_show.too_few(app, reachable, f"{error}: nothing is watched")
            raise TooFew(f"{error}: nothing is watched") from None
        guardian_show.status(app, watched, reachable, waiting)


def expire(app: App, claim: str, member: int | None) -> None:
    """Has an early expiry signed and records it."""
    with opened(app, member, proves=False) as (watched, _):
        ledger, now_ms = watched.ledger, clock.now_ms()
        waiting = guardian_show.waits(watched.look())
        if waiting:
            raise Unsatisfied(f"the loss cannot be counted: {waiting[0]}")
        slot, accounts = asset_index(ledger.pool, claim), [one.account for one in watched.view.accounts.values()]
        if not ledger.pool.assets[slot].is_claim:
            raise FormatError(f"{ledger.pool.assets[slot].symbol} is held outside, and only claims expire")
        parameters = ledger.parameters(now_ms)
        silent = margins.silent_epochs(ledger)
        if silent <= parameters.grace_epochs:
            raise Unsatisfied(
                f"the insurance has been silent for {margins.epochs(silent)}, and claims expire early after more than "
                f"{parameters.grace_epochs}"
            )
        stated = recovery.propose(ledger, accounts, slot, now_ms)
        message = recovery.checked(ledger, stated, lambda: accounts, now_ms)
        event = acting.expire(ledger, stated, message, watched.means, now_ms)
        symbol, loan = ledger.pool.assets[slot].symbol, ledger.pool.assets[NUMERAIRE].symbol
        app.done = Done(f"{symbol} has expired at height {event.height}", {"height": event.height}, "")
        app.screen.say(f"{symbol} has expired early at height {event.height}, in epoch {stated.epoch}: it converts at "
                       f"{stated.rate} smallest units of the {loan} loan for each of its own.", "warn")  # fmt: skip
        app.screen.say(f"Deficit {stated.deficit} smallest units of the loan, open interest {stated.open_interest} "
                       f"smallest units of {symbol}; every holder of {loan} can withdraw all of it.")  # fmt: skip
        app.screen.document({
            "height": event.height, "claim": symbol, "epoch": stated.epoch, "deficit": stated.deficit,
            "open_interest": stated.open_interest, "rate": stated.rate,
        })  # fmt: skip


@contextmanager
def opened(app: App, member: int | None, *, proves: bool = True) -> Iterator[tuple[Watch, Staff]]:
    """The watch of the home's ledger and the guardians who are here; with `proves`, ready to prove."""
    with workspace.ledger(app) as ledger, watching.show_progress(app):
        if proves:
            warmup.compile_kernels()
        with office.opened(app.home, ledger, clock.now_ms, member) as hired:
            yield hired


def _watch(app: App, opened: Watch, interval_ms: int, first: int) -> None:
    """Steps whenever something has settled.  What goes wrong is told, and the next step tries again.

    The first guardian acts at once, and each other one a while later, when there may be nothing left to do.  What
    settles in that while puts it off no further: a busy ledger, or one who keeps it busy, would put it off for ever.
    """
    seen, told, due_s = -1, "", math.inf
    while True:
        try:
            opened.ledger.update()
        except Unavailable as error:
            if told != str(error):
                app.screen.say(f"{error}; trying again.", "warn")
            told = str(error)
            time.sleep(guardian_show.RETRY_S)
            continue
        height = opened.ledger.reader.last_event().height
        if height != seen:
            seen, due_s = height, min(due_s, time.monotonic() + (first - 1) * PATIENCE_S)
        if time.monotonic() >= due_s:
            trouble, again_s = guardian_show.tried(app, opened)
            due_s = time.monotonic() + again_s if trouble else math.inf
            if trouble not in ("", told):
                app.screen.say(trouble, "warn")
            told = trouble
        time.sleep(interval_ms / 1000)
