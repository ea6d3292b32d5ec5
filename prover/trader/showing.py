"""Proofs of funds: an account holds at least some amounts and owes nothing, in a context (settlement.orders.funds).

Nothing moves, and the ledger learns nothing: only whoever is given the proof does.  Spending it takes no part either,
so a watch-only wallet can show what it sees.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from circuits import merkle, records
from circuits.records import Nullifier, Root
from circuits.statements import funds as statement
from prover.machine import clock
from prover.proofs import pipeline, purposes
from prover.proofs.keystores import Keystore
from prover.proofs.prooffile import ProofFile
from prover.proofs.purposes import Purpose
from prover.trader import keys
from prover.trader.keys import AccountKeys, WatchedKeys
from prover.trader.plan import Source
from prover.trader.sessions import Session
from prover.trader.wallets import Holding, Wallet
from settlement import amounts
from settlement.checks import checks
from settlement.events import Event
from settlement.ids import KeyDigest
from settlement.ledger import Ledger
from settlement.orders import funds
from settlement.orders.funds import Funds
from settlement.pool.pool import Pool
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.fields import prime
from zk.groth16 import keys as groth16_keys
from zk.hashes import poseidon

Amounts = Mapping[int, int]
"""Amounts by asset index."""


@dataclass(frozen=True)
class Shown:
    """What a proof of funds shows: at least these amounts, at the event that made its root.

    The account was not spent at the newest event, unless its nullifier is hidden (None): then nobody can tell.
    """

    amounts: Amounts
    tag: int
    nullifier: Nullifier | None
    root: Root
    made_at: Event
    newest: Event


def prove(
    pool: Pool, source: Source, thresholds: Amounts, context: int, keystore: Keystore, *, is_named: bool
) -> Funds:
    """A proof that the account at the source holds these amounts; with `is_named` it shows the nullifier.

    Raises Unsatisfied when the account holds less or owes anything.
    """
    leaf = (source.account, source.position, source.path, source.root)
    return _prove(pool, source.keys, leaf, thresholds, context, keystore, is_named=is_named)


def prove_holding(
    session: Session, holding: Holding, thresholds: Amounts, context: int, *, is_named: bool
) -> ProofFile:
    """A proof file about a holding of the wallet, against the ledger's newest root.  Raises as `prove`."""
    pool, owner = session.ledger.pool, keys.watched(session.wallet.view, holding.index)
    assert owner is not None, "a wallet holds only accounts whose keys it has"
    path = session.ledger.reader.path(holding.position)
    leaf = (holding.account, holding.position, path, Root(merkle.path_root(path)))
    made = _prove(pool, owner, leaf, thresholds, context, session.keystore, is_named=is_named)
    return ProofFile("funds", made.public, made.proof, pool.funds.verifying)


def _prove(
    pool: Pool, owner: AccountKeys | WatchedKeys, leaf: tuple, thresholds: Amounts, context: int, keystore: Keystore,
    *, is_named: bool,
) -> Funds:  # fmt: skip
    account, position, path, root = leaf
    commitment, kappa = account.commitment(poseidon.hash), records.kappa(account, owner.nk)
    nullifier = records.nullifier(poseidon.hash, kappa, commitment, position)
    public = statement.Public(
        root=root,
        nullifier=nullifier if is_named else statement.UNDISCLOSED,
        context=context,
        thresholds=tuple(thresholds.get(asset, 0) for asset in range(records.ASSETS)),
        tag=records.funds_tag(poseidon.hash, kappa, commitment, position, context),
    )
    private = statement.Private(owner.ak, owner.nk, account, position, path)
    with purposes.serving(Purpose.AUDIT):
        return Funds(pool.funds.digest, public, pipeline.prove("funds", public, private, keystore))


def choose(wallet: Wallet, pool: Pool, thresholds: Amounts, position: int | None) -> Holding:
    """The newest account that holds the amounts and owes nothing, or the one at a position, which must.

    Raises Unsatisfied when there is none.
    """
    asked = " and ".join(amounts.show(amount, pool.assets[asset]) for asset, amount in thresholds.items())
    candidates = [holding for holding in reversed(wallet.live) if position in (None, holding.position)]
    for holding in candidates:
        balances = holding.account.balances
        if min(balances) >= 0 and all(balances[asset] >= amount for asset, amount in thresholds.items()):
            return holding
    if position is not None and not candidates:
        raise Unsatisfied(f"the wallet has no live account at position {position}: see `zksettle wallet show`")
    which = "no account of the wallet" if position is None else f"the account at position {position} does not"
    holds = "holds" if position is None else "hold"
    merge = "" if position is not None else "; `zksettle wallet merge` makes one account of several"
    raise Unsatisfied(f"{which} {holds} {asked} without owing anything{merge}")


def verify(
    ledger: Ledger, file: ProofFile, text: str, verify_proofs: checks.VerifyProofs = checks.verify_proofs
) -> Shown:
    """What a proof file shows in the context with this text, on this ledger.

    Raises FormatError when it is not of funds, and InvalidProof, saying why, when it is for another context or ledger,
    does not verify under the pool's key, or names an account that was spent.
    """
    if file.statement != "funds":
        raise FormatError(f"the proof file is a proof of {file.statement}, not of funds")
    public, reader = file.public, ledger.reader
    if public.context != funds.context(ledger.ledger_id, text):
        raise InvalidProof("the funds are proved in another context, or for another ledger")
    made = Funds(KeyDigest(groth16_keys.digest(file.key)), public, file.proof)
    funds.verify(ledger.pool, made, reader.is_known_root, verify_proofs)
    made_at = _event(ledger, _root_height(ledger, Root(public.root)))
    nullifier = None if public.nullifier == statement.UNDISCLOSED else Nullifier(public.nullifier)
    spend = None if nullifier is None else reader.spend(nullifier)
    if spend is not None:
        raise InvalidProof(
            f"the account was spent at {_when(_event(ledger, spend.height))}; the proof is of {_when(made_at)}, and "
            "shows what was true then"
        )
    shown = {asset: amount for asset, amount in enumerate(public.thresholds) if amount}
    return Shown(shown, public.tag, nullifier, Root(public.root), made_at, reader.last_event())


def _when(event: Event) -> str:
    return f"height {event.height}, {clock.text(event.created_ms)}"


def _root_height(ledger: Ledger, root: Root) -> int:
    """The first height at which the tree had a root that it is known to have had."""
    wanted = prime.to_bytes(root)
    with closing(ledger.reader.stored("roots")) as rows:
        return next(height for height, found, _ in rows if found == wanted)


def _event(ledger: Ledger, height: int) -> Event:
    event = ledger.reader.event(height)
    assert event is not None, "rows refer to events that exist"
    return event
