"""The legs of a settled bundle that a wallet made, which its phrase opens (prover/trader/blinding.py).

A leg that ends in an own account is found by its ciphertext.  Its rk then tells whether this wallet made it: nobody
else has the secret that the phrase gives.  What it changed is the new account's balances less those of the account that
it spent, which the wallet knows by its nullifier; a genesis leg spent nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circuits import generators
from circuits.records import Account, Nullifier
from prover.receipts.openings import Changes, Opening
from prover.trader import archive, blinding, keys, opening, plan, sealing
from prover.trader.walletfile import WalletFile
from prover.trader.wallets import Wallet
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Bundle, Leg
from settlement.ledger import Ledger
from zk import signature
from zk.errors import Unsatisfied
from zk.hashes import poseidon

MIN_DIGITS = 8

States = Mapping[int, Changes]
"""The balances of the wallet's accounts, live and spent, by nullifier."""


@dataclass(frozen=True, repr=False)
class OwnLeg(keys.Secret):
    """A leg that the wallet made: its opening, and the secret of its rk."""

    opening: Opening
    spending: int


@dataclass(frozen=True)
class Found:
    """The own legs of a bundle, and for each leg into an own account that cannot be opened a sentence why."""

    legs: tuple[OwnLeg, ...]
    unopened: Mapping[int, str]


def states(file: WalletFile) -> dict[int, Changes]:
    """The balances of the accounts that a wallet has and had."""
    key = keys.archive_key(keys.viewing_key(file.wallet.view))
    known = [*archive.read(archive.beside(file.path), key), *file.wallet.live]
    return {each.nullifier: each.account.balances for each in known if each.nullifier is not None}


def find(wallet: Wallet, known: States, bundle: Bundle) -> Found:
    """The legs of a bundle that this wallet made.  Raises keys.WatchOnly for a wallet without its phrase."""
    own, unopened = [], {}
    seed, opener = wallet.seed, sealing.Opener(keys.viewing_key(wallet.seed))
    for number, leg in enumerate(bundle.legs):
        ended = ended_in(seed, opener, leg)
        if ended is None:
            continue
        account, index = ended
        key = keys.blinding_key(seed, index)
        spending, scalar = blinding.spending(key, leg.commitment), blinding.derive(key, leg.commitment)
        if signature.public(spending) != (leg.public.rk_x, leg.public.rk_y):
            unopened[number] = "somebody else made it, to pay this wallet, or an earlier version did"
            continue
        before = known.get(leg.nullifier, plan.NOTHING)
        changes = tuple(new - old for new, old in zip(account.balances, before, strict=True))
        if generators.commit(changes, scalar) != (leg.public.value_x, leg.public.value_y):
            unopened[number] = "the wallet has forgotten what the account had before: `zksettle wallet sync --rescan`"
            continue
        own.append(OwnLeg(Opening(number, changes, scalar), spending))
    return Found(tuple(own), unopened)


def taken(ledger: Ledger, known: States, text: str) -> int | None:
    """The height at which an order of the wallet's settled, named by its id or at least 8 digits of it, or None."""
    if len(text) < MIN_DIGITS or not set(text) <= set("0123456789abcdef"):
        return None
    spent = {found.height for found in (ledger.reader.spend(Nullifier(each)) for each in known) if found is not None}
    for height in sorted(spent, reverse=True):
        stored = ledger.reader.bundle(height)
        bundle = None if stored is None else encoding.decode_bundle(stored[1])
        if bundle and any(digests.leg_id(ledger.ledger_id, leg).hex().startswith(text) for leg in bundle.legs):
            return height
    return None


def period(ledger: Ledger, file: WalletFile, from_ms: int, to_ms: int) -> list[int]:
    """The heights of the bundles in [from, to) that spent or made an account of the wallet, which has been synced."""
    key, reader = keys.archive_key(keys.viewing_key(file.wallet.view)), ledger.reader
    heights = set()
    for each in (*archive.read(archive.beside(file.path), key), *file.wallet.live):
        heights.add(reader.outputs(each.position, 1)[0].height)
        spend = None if each.nullifier is None else reader.spend(each.nullifier)
        if spend is not None:
            heights.add(spend.height)
    events = [event for event in map(reader.event, sorted(heights)) if event is not None]
    return [event.height for event in events if from_ms <= event.created_ms < to_ms]


def chosen(found: Found, bundle: Bundle, numbers: Sequence[int]) -> list[OwnLeg]:
    """The own legs of these numbers, or all without any.  Raises Unsatisfied when one cannot be opened, or none can."""
    by_number = {each.opening.leg: each for each in found.legs}
    wanted = sorted(set(numbers)) or sorted(by_number)
    for number in wanted:
        if number in found.unopened:
            raise Unsatisfied(f"leg {number} cannot be opened: {found.unopened[number]}")
        if number not in by_number:
            count = f"the bundle has {len(bundle.legs)} legs" if number >= len(bundle.legs) else "it is somebody else's"
            raise Unsatisfied(f"leg {number} is not this wallet's: {count}")
    if not wanted:
        why = [f"leg {number}: {text}" for number, text in found.unopened.items()]
        raise Unsatisfied("the wallet can open no leg of the bundle" + "".join(f"; {each}" for each in why))
    return [by_number[number] for number in wanted]


def ended_in(seed: keys.Seed, opener: sealing.Opener, leg: Leg) -> tuple[Account[int], int] | None:
    """The own account that a leg ended in, and its index, or None for a leg into somebody else's."""
    for sealed in leg.ciphertexts:
        opened = opener.open(sealed, leg.commitment)
        decoded = None if opened is None else opening.decode(opened.body)
        if decoded is None:
            continue
        account, index = decoded
        is_own = keys.account(seed, index).owner == account.owner
        if is_own and account.commitment(poseidon.hash) == leg.commitment:
            return account, index
    return None
