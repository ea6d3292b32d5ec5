"""A ledger with wallets and many live orders, all with real proofs, for benchmarks: made once and kept in the cache.

Each order trades on margin, so that it carries three proofs: leg, escrow and margin.  Making them takes a good part of
a second for each order; the next run takes what is there, and so does one that was interrupted.

    CACHE/desk/FINGERPRINT/home        the operator's home, with the wallets; its keys are the caller's
    CACHE/desk/FINGERPRINT/POSITION    the orders that spend the account at this position: the secret of each leg's rk
                                       and its posting, which is signed again by whoever needs it fresh

An account has as many orders as a board takes of it.  Nothing here is worth anything but time: the pool is the bench's.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prover import desk
from prover.bench import posting
from prover.machine import clock, files, tasks
from prover.machine.home import Home
from prover.network.wire import postings
from prover.operator import creation
from prover.operator.founding import Choices
from prover.proofs.keystores import Keystore
from prover.trader import assembly, plan, readers, sessions
from prover.trader.terms import Terms
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.bundles import digests, encoding
from settlement.checks import checks
from settlement.fieldreader import Unseen
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.orders.posting import Posting
from settlement.pool.pool import NUM_PUBLIC
from zk.fields import prime
from zk.runtime import kernelcache, ownership

VERSION = 1
PASSPHRASE = "of a desk in a benchmark"
OWN, CROWD = "own", "crowd"
OWN_ORDERS = 100
OF_ACCOUNT = board.MAX_ORDERS_PER_NULLIFIER
MAX_SPLIT = 32
LIFE_MS = 29 * 24 * 3_600_000
FRESH_MS = 20 * 24 * 3_600_000
"""How old a kept ledger may be: its grids and its orders must still be in force."""

_LIMITS = {"limits": {"grid_age_ms": 30 * 24 * 3_600_000}, "grace_epochs": 1_000_000}
_UNFINISHED = "unfinished"
HOLDS = {"cash": ("900000 USDC", "900 ETH"), "margin": ("900000 USDC",)}
"""What the wallets of each kind deposit."""

_MANY = "90,000,000 USDC"
_SELLS, _BUYS = ("3,000 dUSDC",), ("1 ETH-PERP",)


@dataclass(frozen=True)
class LiveOrders:
    """The operator's home, and the postings of the wallets OWN and CROWD; so many were kept from before."""

    home: Home
    own: tuple[bytes, ...]
    crowd: tuple[bytes, ...]
    reused: int

    def copied(self, folder: Path) -> Home:
        """The home in another folder, which the caller may change."""
        shutil.copytree(self.home.path, folder, symlinks=True)
        return Home(folder)


def prepare(keystore: Keystore, count: int) -> LiveOrders:
    """So many live orders, OWN_ORDERS of them of one wallet.  Makes what is missing."""
    folder = _folder(keystore)
    with files.locked(folder, "the orders of `zksettle bench desk`"):
        home = _founded(folder, keystore)
        own = _orders(folder, home, OWN, min(count, OWN_ORDERS))
        crowd = _orders(folder, home, CROWD, count - min(count, OWN_ORDERS))
    now_ms = clock.now_ms()
    with Ledger.open(home.ledger, read_only=True) as ledger:
        signed = [tuple(_signed(ledger.ledger_id, *one, now_ms) for one in kept) for kept, _ in (own, crowd)]
    return LiveOrders(home, signed[0], signed[1], own[1] + crowd[1])


def _folder(keystore: Keystore) -> Path:
    """Where they are kept: another place when the statements' keys or the form of orders are others."""
    keys = [keystore.statement_key(statement).digest for statement in NUM_PUBLIC]
    name = hashlib.sha256(b"".join([bytes([VERSION]), encoding.LEG_MAGIC, *keys])).hexdigest()[:16]
    folder = ownership.make_private(kernelcache.base.parent / "desk", kernelcache.SETTING) / name
    files.make_folder(folder)
    return folder


def _founded(folder: Path, keystore: Keystore) -> Home:
    """The home, founded with its prices and wallets unless it is here and fresh."""
    home, made = Home(folder / "home"), folder / "made"
    if made.exists() and clock.now_ms() - int(made.read_text()) < FRESH_MS:
        return home
    made.unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name.isdecimal():
            path.unlink()
    found(home, keystore, (OWN, CROWD, *(name for kind in HOLDS for name in wallets_of(kind))))
    made.write_text(str(clock.now_ms()))
    return home


def wallets_of(kind: str) -> tuple[str, str]:
    """The wallets of the maker and of the asker."""
    return f"maker-{kind}", f"asker-{kind}"


def found(home: Home, keystore: Keystore, names: Sequence[str]) -> None:
    """Founds a ledger with prices, and these wallets with what they trade."""
    files.make_folder(home.path)
    os.symlink(keystore.folder("leg").parent, home.keys, target_is_directory=True)
    creation.create(home, keystore, "bench", clock.now_ms(), choices=Choices(values=_LIMITS))
    desk.publish_prices(home.path)
    for name in names:
        with desk.create(home.path, name, PASSPHRASE) as owner:
            for amount in HOLDS.get(name.partition("-")[2], ()):
                live = owner.session.wallet.live
                owner.deposit(amount, position=live[0].position if live else None)


def _orders(folder: Path, home: Home, name: str, count: int) -> tuple[list[tuple[int, Posting]], int]:
    """So many orders of a wallet with the secrets of their legs, and how many of them were kept."""
    if not count:
        return [], 0
    found, reused = list[tuple[int, Posting]](), 0
    with desk.open(home.path, name, PASSPHRASE) as owner, tasks.task(f"Making orders ({name})", total=count) as task:
        for holding in _holdings(owner, -(-count // OF_ACCOUNT)):
            path = folder / str(holding.position)
            if path.exists():
                reused += len(posting.read(path))
            else:
                made = _made(owner, holding)
                rows = [prime.to_bytes(secret) + postings.encode(one) for secret, one in made]
                posting.write(folder / _UNFINISHED, rows)
                os.replace(folder / _UNFINISHED, path)
            kept = [(int.from_bytes(one[:32], "big"), postings.decode(one[32:])) for one in posting.read(path)]
            found += kept
            task.advance(len(kept))
    return found[:count], min(reused, count)


def _holdings(owner: desk.Desk, count: int) -> Sequence[Holding]:
    """So many accounts of a wallet, each with enough for its orders."""
    if not owner.session.wallet.live:
        owner.deposit(_MANY)
    while (missing := count - len(owner.session.wallet.live)) > 0:
        largest = max(owner.session.wallet.live, key=lambda holding: holding.account.balances[0])
        owner.split(min(missing + 1, MAX_SPLIT), position=largest.position)
    return sorted(owner.session.wallet.live, key=lambda holding: holding.position)[:count]


def _made(owner: desk.Desk, holding: Holding) -> list[tuple[int, Posting]]:
    """The orders of an account, each at another price, which everybody may read."""
    session, now_ms = owner.session, clock.now_ms()
    setting, expiry_ms = sessions.setting(session, now_ms), now_ms + LIFE_MS
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    sold, bought = (amounts.parse_all(texts, owner.pool) for texts in (_SELLS, _BUYS))
    everybody = readers.addresses_of([desk.EVERYBODY])
    plans, sealed = [], []
    for number in range(OF_ACCOUNT):
        delta = plan.changes({slot: amount + number for slot, amount in sold.items()}, bought)
        made = plan.move(setting, source, target, delta, expiry_ms)
        terms = readers.seal_terms(
            Terms(delta, made.blinding, made.expiry_ms), everybody, made.public.commitment
        )  # fmt: skip
        sealed.append(terms)
        plans.append(replace(made, terms=digests.terms(terms)))
    legs = assembly.legs(plans, setting.pool, session.keystore)
    return [
        (made.spending, Posting(encoding.encode_leg(leg), terms, b"", 0, bytes(96)))
        for made, leg, terms in zip(plans, legs, sealed, strict=True)
    ]


def _signed(ledger_id: LedgerId, secret: int, kept: Posting, now_ms: int) -> bytes:
    """The bytes of the same order, posted now."""
    leg = checks.decode_leg(kept.leg_bytes, Unseen())  # nobody else had it in his hands
    order_id = digests.leg_id(ledger_id, leg)
    return postings.encode(assembly.posting(leg, order_id, kept.sealed_terms, b"", now_ms, secret))
