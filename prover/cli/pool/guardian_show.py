"""What `zksettle guardian …` shows: counts and sums, and of an account no more than its position and worth."""

from collections.abc import Sequence
from typing import Any

from prover.cli.frame.command import App
from prover.cli.frame.screen import short
from prover.guardian import recovery, view
from prover.guardian.group import TooFew
from prover.guardian.insurance import Now
from prover.guardian.opening import Waiting
from prover.guardian.staff import Staff
from prover.guardian.step import Step
from prover.guardian.watch import Watch
from settlement import amounts
from settlement.checks import margins
from settlement.errors import Unavailable
from settlement.pool.assets import NUMERAIRE
from settlement.pool.parameters import Guardians
from settlement.pool.pool import Pool
from settlement.rejection import Rejected
from zk.curves import babyjubjub
from zk.errors import Unsatisfied

Reachable = dict[int, dict[int, str | None]]
"""For the members of every key None when one answers, or the reason why it does not."""

RETRY_S = 2.0
OLD_KEYS_RETRY_S = 30.0  # asking guardians who hang costs some of the time in which others could be seized

ALONE = "There is one guardian, who alone sees every margined account and can seize it."


def record(app: App, guardians: Guardians) -> None:
    """Shows what a pool's parameters say about guardians."""
    keys = {name: babyjubjub.pack(key).hex() for name, key in (
        ("encryption", guardians.encryption_key), ("signing", guardians.signing_key)
    )}  # fmt: skip
    app.screen.fields([
        ("guardians", f"{guardians.threshold} of {guardians.members}, key {guardians.number}"),
        ("encryption key", keys["encryption"]), ("signing key", keys["signing"]),
    ])  # fmt: skip
    if guardians.members == 1:
        app.screen.say(ALONE, "warn")
    app.screen.document({
        "number": guardians.number, "threshold": guardians.threshold, "members": guardians.members,
        **{f"{name}_key": key for name, key in keys.items()},
    })  # fmt: skip


def beginning(app: App, opened: Watch, staff: Staff) -> None:
    """Shows who watches."""
    here = ", ".join(str(one.index) for one in staff.newest)
    quorum = staff.newest[0].quorum
    app.screen.say(f"Watching as guardian {here} of {quorum.members}, of whom it takes {quorum.threshold}.")
    if quorum.members == 1:
        app.screen.say(ALONE, "warn")


def tried(app: App, opened: Watch) -> tuple[str, float]:
    """Takes one step and shows what it did.  Returns what is to be tried again, or nothing, and after how long."""
    try:
        done = opened.step()
    except (TooFew, Unsatisfied, Rejected, Unavailable) as error:
        return str(error), RETRY_S
    step(app, opened, done)
    return " ".join(troubles(done)), RETRY_S if done.refused else OLD_KEYS_RETRY_S


def troubles(done: Step) -> list[str]:
    """What a step has to try again, in sentences."""
    hidden = (
        "Nobody here can open the insurance's account, so nothing can be seized: whoever has shares of the "
        "guardian key that it is sealed to must watch."
    )
    return [
        *((hidden,) if done.is_hidden else ()),
        *(f"The seizure of the account at position {one.watched.position} is refused: {one.reason}."
          for one in done.refused.values()),
        *waits(done.waiting),
    ]  # fmt: skip


def waits(waiting: dict[int, Waiting]) -> list[str]:
    """Which escrows could not be opened yet, in sentences."""
    return [
        f"{one.count} escrow{'' if one.count == 1 else 's'} of guardian key {number}, which is not the present one, "
        f"cannot be opened now: {one.reason}."
        for number, one in sorted(waiting.items())
    ]


def waits_json(waiting: dict[int, Waiting]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [{"number": number, "count": one.count, "reason": one.reason} for number, one in sorted(waiting.items())]


def step(app: App, opened: Watch, done: Step) -> None:
    """Shows what a step did."""
    say, now = app.screen.say, opened.now()
    if done.founded:
        say("The insurance's account is founded.", "good")
    if done.drawn:
        say("What the public accounts held is drawn to the insurance.", "good")
    for one in done.seized:
        say(f"Seized: the account at position {one.position}, which had settled at height {one.place[0]}.", "warn")
    for one in done.left:
        say(f"The account at position {one.position} is in breach, and was not seized: the insurance cannot take it "
            "over, or its owner was quicker.", "bad")
    if done.is_insolvent:
        say("The insurance falls silent: it does not survive the maintenance grid, or cannot take over an account that "
            "lacks something. `zksettle guardian fund` pays in.", "bad")
    if done.has_beaten and now is not None:
        say(f"The insurance has shown that it is solvent in epoch {now.published.epoch}.")
    if done.opened:
        say(f"Opened {done.opened}; watching {_accounts(opened.others)} and the insurance's.")


def step_json(opened: Watch, done: Step) -> dict[str, Any]:
    """A step as a JSON document."""
    return {
        "opened": done.opened, "watched": opened.others, "founded": done.founded, "drawn": done.drawn,
        "seized": [int(one.position) for one in done.seized], "left": [int(one.position) for one in done.left],
        "refused": [
            {"position": int(one.watched.position), "reason": one.reason} for one in done.refused.values()
        ],
        "waiting": waits_json(done.waiting),
        "beaten": done.has_beaten, "insolvent": done.is_insolvent, "hidden": done.is_hidden,
    }  # fmt: skip


def too_few(app: App, reachable: Reachable, reason: str) -> None:
    """Shows who answers, when they are too few to open anything."""
    app.screen.document({"guardians": _who(app, reachable), "watched": None, "error": reason, "exit_code": 1})


def _who(app: App, reachable: Reachable) -> list[dict[str, Any]]:
    """Shows the guardians by key and member.  Returns the rows of the JSON document."""
    rows = [
        {"number": number, "index": index, "state": "answers" if reason is None else reason}
        for number, members in sorted(reachable.items()) for index, reason in members.items()
    ]  # fmt: skip
    app.screen.table((">key", ">guardian", "state"), [tuple(str(one) for one in row.values()) for row in rows])
    return rows


def status(app: App, opened: Watch, reachable: Reachable, waiting: dict[int, Waiting]) -> None:
    """Shows who answers, what is watched and what cannot be, the worst health, and the insurance's."""
    rows = _who(app, reachable)
    ledger, seen = opened.ledger, opened.view
    now = opened.now()
    numeraire = ledger.pool.assets[NUMERAIRE]
    facts = [
        ("watched", _accounts(opened.others)),
        ("sealed", f"{len(seen.sealed)} that nobody here can open"),
        ("ledger", f"height {seen.height}, {short(ledger.ledger_id.hex())}"),
    ]
    document: dict[str, Any] = {
        "guardians": rows, "watched": opened.others, "sealed": len(seen.sealed),
        "waiting": waits_json(waiting), "silent_epochs": margins.silent_epochs(ledger),
    }  # fmt: skip
    if now is None:
        facts.append(("prices", "there are no fresh prices, or no guardians: nothing is valued"))
    else:
        values = [view.worst(one.account, now.published) for one in seen.accounts.values() if one is not now.insurance]
        breaches = len(opened.seizable(now))
        left = [] if now.insurance is None else inherited(ledger.pool, now.insurance.account.balances)
        facts += [
            ("worst health", f"{amounts.show_value(min(values), numeraire)} {numeraire.symbol}" if values else "-"),
            ("in breach", str(breaches)), ("insurance", _insurance(opened, now)),
            ("inherited", f"{', '.join(left)}: `zksettle guardian sell`" if left else "nothing"),
        ]  # fmt: skip
        own = None if now.insurance is None else view.worst(now.insurance.account, now.published)
        document |= {
            "epoch": now.published.epoch, "worst": min(values, default=None), "breaches": breaches, "insurance": own,
            "inherited": left,
            "claims": _claims(opened, now, facts),
        }  # fmt: skip
    app.screen.fields(facts)
    for sentence in waits(waiting):
        app.screen.paragraph(sentence, "warn")
    if any(len(members) == 1 for members in reachable.values()):
        app.screen.say(ALONE, "warn")
    app.screen.document(document)


def _accounts(count: int) -> str:
    return f"{count} margined account{'' if count == 1 else 's'}"


def _insurance(opened: Watch, now: Now) -> str:
    silent, grace = margins.silent_epochs(opened.ledger), now.parameters.grace_epochs
    state = "shown in time"
    if silent:
        state = f"silent for {margins.epochs(silent)}, and the pool restricts itself after {grace}"
    if now.insurance is None:
        return f"not founded, or nobody here can open it; {state}"
    worth = view.worst(now.insurance.account, now.published)
    numeraire = opened.ledger.pool.assets[NUMERAIRE]
    return f"{amounts.show_value(worth, numeraire)} {numeraire.symbol} in its worst scenario; {state}"


def inherited(pool: Pool, balances: Sequence[int]) -> list[str]:
    """What the insurance has beside the numeraire; what it owes is negative."""
    return amounts.show_all([0 if slot == NUMERAIRE else one for slot, one in enumerate(balances)], pool)


def _claims(opened: Watch, now: Now, facts: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Deficit and open interest of every claim, told when there is a deficit."""
    accounts, pool = [one.account for one in opened.view.accounts.values()], opened.ledger.pool
    told = []
    for slot, asset in enumerate(pool.assets):
        if asset.is_claim:
            deficit, interest = recovery.figures(accounts, slot, pool, now.published)
            told.append({"claim": asset.symbol, "deficit": deficit, "open_interest": interest})
            if deficit:
                facts.append((f"deficit of {asset.symbol}", f"{deficit} smallest units of the loan, and "
                              f"{interest} smallest units of {asset.symbol} are owed"))  # fmt: skip
    return told
