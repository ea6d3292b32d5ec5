"""Two wallets that traded on a ledger whose proofs nobody looks at, with validators who make it final."""

from contextlib import ExitStack
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.trader import addresses, keys, owing, plan, walletfile, wallets, walletsync
from prover.trader.walletfile import WalletFile
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature
from settlement.pool import fingerprint
from settlement.pool.validators import Validator, Validators
from tests.prover.network import serving
from tests.prover.trader import moving
from tests.settlement.bundles import samples

NOW = moving.NOW
USDC, ETH = 0, 2
SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3)]
NAMED = [Validator(f"v{place}", secret.public_key().public_bytes_raw()) for place, secret in enumerate(SECRETS)]
VALIDATORS = Validators(tuple(NAMED), 2)
FINGERPRINT = fingerprint.of(samples.pool(validators=VALIDATORS))
PHRASES = ("abandon " * 23 + "art", "zoo " * 23 + "vote")


@dataclass
class Trader:
    """A wallet's file, and the ledger it is synced with."""

    file: WalletFile
    ledger: Ledger

    @property
    def wallet(self):
        return self.file.wallet

    def sync(self):
        synced = walletsync.sync(self.ledger, self.wallet)
        self.file.save(synced.wallet, synced.archived)
        return self

    def target(self, index=0):
        seed = self.wallet.seed
        return plan.Target(addresses.of(seed, index), index, keys.blinding_key(seed, index))

    def deposit(self, asset, amount, index=0):
        source = plan.genesis_source(self.ledger.reader.tree().root)
        flow = samples.flow(asset, amount)
        moving.settle(self.ledger, plan.deposit(setting(self.ledger), source, self.target(index), flow, NOW + 1))
        return self.sync()

    def leg(self, changes, index=0):
        """The plan of a leg of the newest account of an index."""
        return plan.move(setting(self.ledger), self.source(index), self.target(index), changes, NOW + 1)

    def source(self, index=0):
        holding = [each for each in self.wallet.live if each.index == index][-1]
        own, path = keys.account(self.wallet.seed, index), self.ledger.reader.path(holding.position)
        return plan.Source(own, holding.account, holding.position, path, self.ledger.reader.tree().root)


def setting(ledger):
    return owing.Setting(ledger.pool, ledger.pool.parameters, None)


def open_all(folder, stack: ExitStack, patch, **changes):
    """(ledger, alice, bob): alice has 1,000 USDC, bob 50 ETH, in smallest units."""
    patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
    ledger = stack.enter_context(Ledger.open(serving.ledger_at(folder, validators=VALIDATORS, **changes)))
    traders = []
    for number, phrase in enumerate(PHRASES):
        file = stack.enter_context(walletfile.create(folder / f"{number}.json", "", wallets.restore(phrase)))
        traders.append(Trader(file, ledger))
    traders[0].deposit(USDC, 1000)
    traders[1].deposit(ETH, 50)
    return ledger, *traders


def trade(ledger, first, second, usdc=100, eth=2, extra=()):
    """`first` buys `eth` for `usdc` from `second`.  The height of the bundle."""
    changes = plan.changes({USDC: usdc}, {ETH: eth})
    moving.settle(ledger, first.leg(changes), second.leg(plan.opposite(changes)), *extra)
    first.sync()
    second.sync()
    return ledger.reader.last_event().height


def bundle_id(ledger, height):
    return ledger.reader.bundle(height)[0]


def signed(ledger, *validators):
    last = ledger.reader.last_event()
    named = checkpoint.Checkpoint(checkpoint.origin(ledger.ledger_id), last.height + 1, last.digest)
    text = checkpoint.sign(named, serving.SECRET)
    for place in validators:
        text = cosignature.cosign(text, f"v{place}", SECRETS[place], NOW // 1000)
    return text


def changed(opening, asset, by=1):
    return replace(opening, changes=tuple(c + by * (i == asset) for i, c in enumerate(opening.changes)))
