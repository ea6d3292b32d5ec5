"""What a guardian signs, and when: it computes for itself that a draft takes nothing from anybody.

A guardian trusts the ledger that it reads and nobody who asks.  It signs only what moves the insurance's own account by
exactly what is seized beside it, what enters from outside or from the public accounts, and one trade that makes what it
holds smaller at a price that the penalties pay for (selling.py); and it seizes only accounts in breach, by the scenario
that is worst for them, or sealed to a retired key.
"""

from circuits import records, registry, seizure
from circuits.records import Nullifier, Root
from prover.guardian import drafts, selling
from prover.guardian.drafts import Derived, Draft
from settlement.bundles.bundle import MAX_SEIZURES, Account
from settlement.checks import margins
from settlement.checks.state import State
from zk.errors import Unsatisfied
from zk.hashes import poseidon

MAX_LIFE_MS = 3_600_000

_MAY_ENTER = (Account.OUTSIDE, Account.FEE, Account.INSURANCE)


def check(state: State, draft: Draft, derived: Derived, now_ms: int) -> None:
    """Raises Unsatisfied, with the reason, unless a guardian may sign what follows from the draft."""
    _require(draft.expiry_ms <= now_ms + MAX_LIFE_MS, "the draft lives too long")
    _require(len(draft.seizures) <= MAX_SEIZURES, "the draft seizes too many accounts at once")
    newest = margins.maintenance(state, now_ms)
    _require(newest is not None and newest.publication.epoch == draft.epoch, "the draft is not of the newest epoch")
    _check_account(state, draft, now_ms)
    _check_change(draft)
    if draft.trade is not None and newest is not None:
        _require(draft.expiry_ms <= now_ms + selling.MAX_LIFE_MS, "the draft of a trade lives too long")
        traded = draft.trade.changes
        before = [have - change for have, change in zip(draft.leg.new.balances, traded, strict=True)]
        selling.check(before, traded, newest, state.parameters(now_ms).penalty_bps, now_ms)
    for index, private in enumerate(draft.seizures):
        _check_seizure(state, draft, derived, index, private)
    from zk.hashes import quick  # loads kernels, which whoever guards needs anyway

    for name, public, private in derived.claims:
        false_line = registry.get(name).relation(public, private, quick.hash)
        _require(false_line is None, f"the {name} statement is false: {false_line}")


def _check_account(state: State, draft: Draft, now_ms: int) -> None:
    """The leg is of the insurance's account, or founds it, and ends in the insurance's account."""
    guardians = drafts.guardians_of(state.parameters(now_ms))
    private, insurance = draft.leg, state.reader.insurance()
    own = drafts.owner(guardians.signing_key)
    _require(private.new.owner == own, "the insurance's account would have another owner")
    _require(private.new.guard == guardians.number, "the insurance's account would be out of the guardians' sight")
    if insurance is None:
        _require(private.genesis == 1, "the insurance's first account must start from nothing")
        one_start = drafts.start(state.ledger_id, guardians.signing_key), 0
        _require((private.old, private.position) == one_start, "the insurance must be founded from its one start")
        _require(draft.guard == guardians.number, "the insurance's account must be founded by the present guardians")
    else:
        _require(private.genesis == 0, "there is an insurance's account already")
        _require(private.old.commitment(poseidon.hash) == insurance, "the leg is not of the insurance's newest account")
        _require(draft.guard == private.old.guard, "the insurance's account is another guardians'")
    _require(state.reader.is_known_root(Root(draft.root)), "the leg names a root that the tree never had")


def _check_change(draft: Draft) -> None:
    """The account changes by what enters it and what is seized beside it."""
    for flow in draft.flows:
        _require(flow.amount > 0, "assets would leave the insurance's account")
        _require(flow.account in _MAY_ENTER, "the flow is of an account that the guardians do not draw from")
    expected = [0] * records.ASSETS
    for flow in draft.flows:
        expected[flow.asset] += flow.amount
    for private in draft.seizures:
        for asset, change in enumerate(seizure.changes(private.old, private.amount)):
            expected[asset] -= change
    if draft.trade is not None:
        expected = [change + traded for change, traded in zip(expected, draft.trade.changes, strict=True)]
    pairs = zip(draft.leg.old.balances, draft.leg.new.balances, strict=True)
    _require([after - before for before, after in pairs] == expected,
             "the insurance's account would not change by what enters, what is seized and what is traded")  # fmt: skip


def _check_seizure(state: State, draft: Draft, derived: Derived, index: int, private: drafts.SeizePrivate) -> None:
    """The account is live, in the tree and not the insurance's, and seized by its worst scenario.

    The insurance's owner is no secret.  So an account that only has the same owner is seized as any other: whoever
    gives one away in breach would else stop the seizures of all others beside it.
    """
    public = derived.seizures[index].public
    grid = drafts.publication(state, draft.epoch).maintenance.values
    _require(state.reader.is_known_root(Root(public.root)), "the seized account is in no tree of this ledger")
    _require(not state.reader.is_spent(Nullifier(public.nullifier)), "the seized account has moved")
    _require(private.old.commitment(poseidon.hash) != state.reader.insurance(),
             "the insurance does not seize its own account")  # fmt: skip
    _require(private.scenario == seizure.worst_scenario(private.old.balances, grid),
             "the account is not seized by its worst scenario")  # fmt: skip


def _require(is_true: bool, reason: str) -> None:
    if not is_true:
        raise Unsatisfied(f"a guardian does not sign this: {reason}")
