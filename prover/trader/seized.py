"""Margined accounts that the guardians ended, and what is left of them to their owner.

A seizure spends the account under the nullifier that its owner would have published, and leaves a cash account of the
same owner with x of the numeraire (circuits.seizure) and rho' = H[RESIDUAL](rho, commitment).  Nobody seals it to the
owner, and nobody has to: x depends only on the account, on the published epoch, and on one of the scenarios.
"""

from dataclasses import dataclass

from circuits import seizure
from circuits.records import Position
from prover.trader import keys
from prover.trader.wallets import Holding
from settlement import events
from settlement.bundles import encoding
from settlement.bundles.bundle import Seizure
from settlement.ledger import Ledger
from zk.errors import FormatError
from zk.hashes import poseidon


@dataclass(frozen=True, repr=False)
class Seized(keys.Secret):
    """An account of the wallet that was seized: its last state, and the height and epoch at which it ended.

    `prices` are those of the epoch.  `scenario` is the one of the maintenance grid that the seizure names, and
    `residual` the account that was left, which may hold nothing.  `is_stale` says that it was seized for its retired
    guardian key and not for a breach.
    """

    account: Holding
    height: int
    epoch: int
    settled_ms: int
    prices: tuple[int, ...]
    scenario: int
    residual: Holding
    is_stale: bool

    @property
    def worth(self) -> int:
        """The worth of the account at the epoch's prices, in the price unit times the smallest unit."""
        balances = self.account.account.balances
        return sum(balance * price for balance, price in zip(balances, self.prices, strict=True))


def find(ledger: Ledger, holding: Holding) -> Seized | None:
    """The seizure that ended this account, or None when its owner moved it.

    Raises FormatError when the ledger lost what it needs, and when what is left cannot be found, which no ledger of
    valid proofs does.
    """
    if holding.account.guard == 0:
        return None
    assert holding.nullifier is not None, "a spent account has its nullifier"
    spend = ledger.reader.spend(holding.nullifier)
    settled = None if spend is None else ledger.reader.bundle(spend.height)
    event = None if spend is None else ledger.reader.event(spend.height)
    if spend is None or settled is None or event is None:
        raise FormatError("the ledger is damaged: it lost the bundle of a spent account; `zksettle ledger audit` tells")
    bundle = encoding.decode_bundle(settled[1])
    place = next((i for i, each in enumerate(bundle.moves) if each.nullifier == holding.nullifier), None)
    if place is None or place < len(bundle.legs):
        return None
    seized = bundle.seizures[place - len(bundle.legs)]
    position = Position(events.tree_after(event).size - len(bundle.moves) + place)
    return _explained(ledger, holding, seized, spend.height, event.created_ms, position)


def is_any_since(ledger: Ledger, height: int) -> bool:
    """Whether the guardians seized anybody's account after this height."""
    later = (event.height for event in ledger.reader.events(height + 1))
    settled = filter(None, map(ledger.reader.bundle, later))
    return any(encoding.decode_bundle(data).seizures for _, data in settled)


def _explained(
    ledger: Ledger, holding: Holding, seized: Seizure, height: int, settled_ms: int, position: Position
) -> Seized:
    grids = ledger.reader.epoch(seized.epoch)
    if grids is None:
        raise FormatError(f"the ledger is damaged: it lost the prices of epoch {seized.epoch}")
    prices, maintenance = grids.publication.prices, grids.publication.maintenance.values
    penalty_bps = ledger.parameters(settled_ms).penalty_bps
    old = holding.account
    for scenario, row in enumerate(maintenance):
        amount = seizure.residual_amount(old.balances, prices, row, penalty_bps)
        left = seizure.residual(old, amount)
        if left.commitment(poseidon.hash) == seized.commitment:
            residual = Holding(left, holding.index, position)
            return Seized(
                holding, height, seized.epoch, settled_ms, prices, scenario, residual,
                is_stale=old.guard < seized.public.stale_before,
            )  # fmt: skip
    raise FormatError(
        f"the seizure at height {height} leaves an account that does not follow from the seized one: "
        "`zksettle ledger audit` tells whether its proof is valid"
    )
