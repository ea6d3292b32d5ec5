"""Honest inputs of escrow, seize and funds, and lies that violate a single constraint, for `circuits.samples`.

Each `…_claim` makes the public inputs that match what it is given, so that a test can change one thing at a time.
"""

from circuits import escrow as formulas
from circuits import generators, merkle, records, seizure
from circuits.records import ASSETS, HELD, SCENARIOS, Account
from circuits.statements import escrow, funds, seize
from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point
from zk.hashes import poseidon

Escrow = tuple[escrow.Public[int], escrow.Private[int]]
Seize = tuple[seize.Public[int], seize.Private[int]]
Funds = tuple[funds.Public[int], funds.Private[int]]
Grid = tuple[tuple[int, ...], ...]
Published = tuple[int, int, tuple[int, ...], Grid]
"""stale_before, penalty_bps, prices and grid: the ledger's own, for all seizures of an epoch."""

GUARDIAN_SECRET = 0xFEDCBA9876543210 << 180 | 3
GUARDIAN_KEY = babyjubjub.multiply(GUARDIAN_SECRET, babyjubjub.BASE8)
EPHEMERAL = (1 << 249) + 424242
SPENDING_SECRET = 0x0FEDCBA987654321 << 90 | 11
NULLIFIER_KEY = 192837465 << 130 | 7
AK = babyjubjub.multiply(SPENDING_SECRET, babyjubjub.BASE8)
OWNER = records.owner(poseidon.hash, AK, NULLIFIER_KEY)
POSITION = 0xBADCAB1E
BLINDING = (1 << 250) + 31337
GUARD = 7

BALANCES = (1_000_000, 0, 5, 2**63 - 1, 0, 7, 1, 0, 2**63 - 1, -(2**63), 40, -3, 0, 1, -1, 0)


def put(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    """The values with another one at an index."""
    return (*values[:index], value, *values[index + 1 :])


def tree_of(commitment: int, position: int = POSITION) -> tuple[merkle.Path, int]:
    """A path in a tree full of other nodes, and the root above it."""
    return merkle.build(commitment, position, lambda level, index: poseidon.hash((index, level)))


def escrow_claim(account: Account[int], e: int = EPHEMERAL, gk: Point = GUARDIAN_KEY) -> Escrow:
    """The claim that this account is encrypted to this key."""
    escrowed = formulas.encrypt(account, e, gk)
    digest = formulas.digest(gk, escrowed.ephemeral, escrowed.ciphertext)
    return escrow.Public(account.commitment(poseidon.hash), digest), escrow.Private(account, e, gk)


def honest_escrow() -> Escrow:
    """An account with balances at both ends of their range."""
    return escrow_claim(Account(OWNER, BALANCES, GUARD, rho=4444))


# A long position of 10 BTC on borrowed dUSDC: worth 950,000 - 930,000, and less than nothing when BTC falls by 5 %.
LONG = put(put((0,) * ASSETS, 1, 10_00000000), HELD, -930_000_000000)
PRICES = (10**9, 95 * 10**10, *[10**9] * (HELD - 2), 10**9 + 7, *[10**9] * (ASSETS - HELD - 1))
PENALTY_BPS = 1000


def falls(prices: tuple[int, ...] = PRICES) -> Grid:
    """A grid in which BTC is worth up to 16 % less, or 15 % more, and nothing else moves."""
    return tuple(put(prices, 1, prices[1] * (84 + s) // 100) for s in range(SCENARIOS))


def seize_claim(
    balances: tuple[int, ...] = LONG,
    *,
    prices: tuple[int, ...] = PRICES,
    grid: Grid | None = None,
    penalty_bps: int = PENALTY_BPS,
    scenario: int | None = None,
    guard: int = GUARD,
    stale_before: int = 0,
    amount: int | None = None,
) -> Seize:
    """The claim that an account with these balances may be seized by this scenario, by default the worst."""
    grid = falls(prices) if grid is None else grid
    scenario = seizure.worst_scenario(balances, grid) if scenario is None else scenario
    if amount is None:
        amount = seizure.residual_amount(balances, prices, grid[scenario], penalty_bps)
    old = Account(OWNER, balances, guard, rho=5555)
    path, root = tree_of(old.commitment(poseidon.hash))
    private = seize.Private(old, POSITION, path, scenario, amount, BLINDING)
    return publish_seizure(private, root, (stale_before, penalty_bps, prices, grid)), private


def publish_seizure(private: seize.Private[int], root: int, published: Published) -> seize.Public[int]:
    """The public inputs that match a seizure's private ones."""
    old = private.old
    nullifier = records.nullifier(poseidon.hash, old.rho, old.commitment(poseidon.hash), private.position)
    residual = seizure.residual(old, private.amount).commitment(poseidon.hash)
    x, y = generators.commit(seizure.changes(old, private.amount), private.blinding)
    stale_before, penalty_bps, prices, grid = published
    return seize.Public(root, nullifier, residual, x, y, stale_before, penalty_bps, prices, grid)


def honest_seizure() -> Seize:
    """An account in breach that is worth something."""
    return seize_claim()


def insolvent_seizure() -> Seize:
    """An account that owes more than it has: nothing is left."""
    return seize_claim(put(LONG, HELD, -960_000_000000))


HEALTHY = put(LONG, HELD, -400_000_000000)


def stale_seizure() -> Seize:
    """A healthy account under a retired key."""
    return seize_claim(HEALTHY, stale_before=GUARD + 1)


def unhurt_seizure() -> Seize:
    """A healthy account under a retired key, by a scenario in which it would be worth more."""
    return seize_claim(HEALTHY, scenario=SCENARIOS - 1, stale_before=GUARD + 1)


def funds_claim(
    balances: tuple[int, ...], thresholds: tuple[int, ...], *, guard: int = 0, context: int = 99, hidden: bool = False
) -> Funds:
    """The claim that an account with these balances holds these thresholds."""
    account = Account(OWNER, balances, guard, rho=6666)
    commitment = account.commitment(poseidon.hash)
    path, root = tree_of(commitment)
    private = funds.Private(AK, NULLIFIER_KEY, account, POSITION, path)
    return publish_funds(private, root, context, thresholds, hidden), private


def publish_funds(
    private: funds.Private[int], root: int, context: int, thresholds: tuple[int, ...], hidden: bool = False
) -> funds.Public[int]:
    """The public inputs that match private ones in a context."""
    commitment, kappa = private.account.commitment(poseidon.hash), records.kappa(private.account, private.nk)
    nullifier = records.nullifier(poseidon.hash, kappa, commitment, private.position)
    tag = records.funds_tag(poseidon.hash, kappa, commitment, private.position, context)
    return funds.Public(root, funds.UNDISCLOSED if hidden else nullifier, context, thresholds, tag)


HOLDINGS = (1_000_000, 0, 5, 2**63 - 1, 0, 7, 1, 0, 2**63 - 1, 3, 40, 0, 0, 1, 0, 0)
THRESHOLDS = (1_000_000, 0, 4, 2**63 - 1, 0, 0, 0, 0, 0, 3, 39, 0, 0, 1, 0, 0)


def honest_funds() -> Funds:
    """A cash account that shows its nullifier."""
    return funds_claim(HOLDINGS, THRESHOLDS)


def hidden_funds() -> Funds:
    """A margined account without debts that does not."""
    return funds_claim(HOLDINGS, THRESHOLDS, guard=GUARD, hidden=True)


def seizures_of_healthy_accounts() -> list[Seize]:
    """An account that is neither in breach nor stale."""
    return [seize_claim(HEALTHY)]
