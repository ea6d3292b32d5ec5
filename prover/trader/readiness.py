"""What a desk that waits makes ready: of each account's next leg, all that does not depend on what is asked.

A leg's proof is for the most part about where it starts from: the account's old state, its path in the tree, and its
owner's keys.  So while nothing else is to be done, the part of a leg without a change is computed, and thrown away but
for what the next leg of that account begins from (prover/proofs/nearby.py).  Half of an escrow's proof is about its
ephemeral secret, so some of these are made ready too, where the wallet trades on margin.
"""

from dataclasses import replace

from circuits import samples
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.trader import owing, plan, sessions, walletsync
from prover.trader.owing import Setting
from prover.trader.pads import Pads, fresh
from prover.trader.sessions import Session
from zk.errors import Unsatisfied

MOST = 64
"""Accounts that are made ready; of more, the newest."""

ESCROWS = 4
"""Secrets of escrows that are made ready: a two-way quote takes two."""

STATEMENTS = ("leg", "escrow", "margin")


def prepare(session: Session, now_ms: int) -> bool:
    """Makes the wallet's next account ready, about 60 ms of work; whether there was one that was not.

    Call it again and again while nothing else is to be done: when the tree grows, another root is due at times.
    """
    wallet = session.wallet
    if wallet.is_watch_only or session.keystore.farm is not None:  # other machines begin from nothing of what is here
        return False
    setting = sessions.setting(session, now_ms)
    unseen = replace(setting, pads=Pads())  # its escrow is thrown away, and needs none of the secrets that are ready
    for holding in wallet.live[-MOST:]:
        source = sessions.source(session, holding)
        near = session.keystore.nearby.near("leg", walletsync.nullifier(wallet.view, holding))
        if near is not None and near.root == source.root:
            continue
        target = sessions.target(session, holding.index)
        try:
            made = plan.move(unseen, source, target, plan.NOTHING, now_ms, num_fees=0)
        except Unsatisfied:  # it lacks margin, or there are no prices: its next leg is no quote
            continue
        pipeline.prepare("leg", made.public, made.private, session.keystore)
        return True
    return _prepare_escrow(session, setting)


def _prepare_escrow(session: Session, setting: Setting) -> bool:
    """Makes a secret of an escrow ready, if the wallet trades on margin; whether it did."""
    guardians, pads, live = setting.parameters.guardians, setting.pads, session.wallet.live
    if guardians is None or not live or not (pads.taken or any(each.account.guard for each in live)):
        return False
    key = guardians.encryption_key
    if pads.count(key) >= ESCROWS:
        return False
    secret, account = fresh(), live[-1].account
    escrowed = owing.encrypted(guardians, account, live[-1].commitment, secret)
    pipeline.prepare("escrow", escrowed.public, escrowed.private, session.keystore)
    pads.add(key, secret)
    return True


def rehearse(keystore: Keystore) -> None:
    """Proves an example of every statement of a trade, so that the kernels and keys are loaded when it matters."""
    for name in STATEMENTS:
        pipeline.prove(name, *samples.honest(name)[0], keystore)
