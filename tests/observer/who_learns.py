"""README's table "What is hidden, and from whom": one row for each secret, one cell for each party, one test for each.

A test takes its cell's words into the table by `cell`, and so no word is there without a test.
"""

from collections.abc import Callable
from typing import NamedTuple

EVERYBODY, COUNTERPARTY, GUARDIANS, OWNER = PARTIES = (
    "everybody", "the counterparty", "guardians, *t* of *n*", "the owner"
)  # fmt: skip

MOVED = "that an order exists, or that 2, 4, 8, 16 or 32 accounts moved, dummies among them, and when"
KIND = "whether that was a payment, a cancelled order, a merge, or a trade that was on no board"
TRADE = "asset, amount and price of a trade"
WHO = "who trades; which account came before which"
CASH = "balances of a cash account"
OWING = "balances of an account that owes, which is on margin"
MARGIN = "that an order is on margin, and of which epoch"
SEIZED = "that an account was seized; what was taken, and from whom"
FLOWS = "what is paid in and out of the ledger: asset, amount, party, reference"
MARKET = "prices, risk grids, reserves, the insurance's solvency"
FUNDS = "that the account of an order holds at least 100 USDC, or as much of another asset; not with `--no-funds`"
PUBLIC = "what an order `--to everybody` sells and buys, until it is taken, void or expired; who copies it can prove it"
LETTER = "that a letter was sent, when, and whether it has 1, 4, 16 or 64 KiB"
POST = "who sent a letter and who can open it, and what it says"
ROWS = (MOVED, KIND, TRADE, WHO, CASH, OWING, MARGIN, SEIZED, FLOWS, MARKET, FUNDS, PUBLIC, LETTER, POST)

Check = Callable[..., None]


class Cell(NamedTuple):
    """A place in the table."""

    row: str
    party: str


class Tested(NamedTuple):
    """What a cell says, and the test of it."""

    says: str
    check: Check


CELLS: dict[Cell, Tested] = {}


def cell(row: str, *parties: str, says: str) -> Callable[[Check], Check]:
    """Decorates the test of these parties' cells of a row: it takes the scene and the party."""

    def register(check: Check) -> Check:
        for party in parties:
            assert row in ROWS and party in PARTIES and Cell(row, party) not in CELLS, f"{row}: {party}"
            CELLS[Cell(row, party)] = Tested(says, check)
        return check

    return register


def render() -> list[str]:
    """The table's lines in Markdown."""
    lines = ["| | " + " | ".join(PARTIES) + " |", "|---" * (len(PARTIES) + 1) + "|"]
    for row in ROWS:
        lines.append("| " + " | ".join([row, *(CELLS[Cell(row, party)].says for party in PARTIES)]) + " |")
    return lines
