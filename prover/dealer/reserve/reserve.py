"""The reserve of an open wallet: what should be topped up now, and how much of the day's bound is left.

    HOME/wallets/NAME.reserve      records (prover/trader/beside.py), each {"format": "zksettle-reserve", "version": 1,
                                   "time_ms": …, "amount": …}

An amount counts before it is paid in, and no more when that was refused; so a crash never makes the bound larger.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from circuits.records import Amount
from prover.dealer.reserve import rules
from prover.dealer.reserve.rules import Rules, TopUp
from prover.trader import beside, health, keys, moves, shapes
from prover.trader.sessions import Session, Settlement
from settlement import amounts
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied
from zk.formats import dataclassjson, strictjson

SUFFIX = "reserve"
FORMAT: Final = "zksettle-reserve"
VERSION: Final = 1
DAY_MS = 86_400_000
MAX_BYTES = 1 << 20


@dataclass(frozen=True, repr=False)
class Paid(keys.Secret):
    """What was paid in; negative where it was refused after it had been counted."""

    format: Literal["zksettle-reserve"]
    version: Literal[1]
    time_ms: int
    amount: int


class Reserve:
    """The reserve of a desk.  Its wallet has been synced whenever it is asked."""

    def __init__(self, session: Session, found: Rules):
        """Reads what was paid in.  Raises FormatError when that is damaged."""
        self._session, self._rules = session, found
        wallet, view = session.file.path, session.wallet.view
        self._paid = [_decode(data) for data in beside.records(wallet, view, SUFFIX, MAX_BYTES)]
        newest_ms = max((each.time_ms for each in self._paid), default=0)
        self._paid = [each for each in self._paid if each.time_ms // DAY_MS == newest_ms // DAY_MS]
        if self._paid:  # without what a crash cut off, and without other days
            beside.replace_records(wallet, view, SUFFIX, map(_encode, self._paid))

    def __repr__(self) -> str:
        return "Reserve"

    def today(self, now_ms: int) -> int:
        """What was paid in on the day of this moment."""
        return sum(each.amount for each in self._paid if each.time_ms // DAY_MS == now_ms // DAY_MS)

    def due(self, now_ms: int) -> tuple[TopUp, ...]:
        """The top-ups that should be made now, the most urgent first."""
        ledger, wallet = self._session.ledger, self._session.wallet
        accounts, published = health.accounts(ledger, wallet), ledger.reader.grids(1)
        if not accounts:
            return ()
        cash = [each for each in wallet.live if each.index in self._rules.addresses and not each.account.guard]
        fee = shapes.fees(2) * ledger.parameters(now_ms).fees.leg
        initial = published[0].publication.initial
        return rules.due(self._rules, accounts, initial, cash, self.today(now_ms), fee, ledger.pool)

    def perform(self, wanted: TopUp, now_ms: int) -> Settlement:
        """Makes a top-up.  Raises as moves.top_up; refused, it counts no more."""
        self._note(now_ms, wanted.amount)
        try:
            return moves.top_up(
                self._session, amounts.NUMERAIRE, Amount(wanted.amount), now_ms, wanted.position, wanted.from_position
            )
        except (Unsatisfied, Rejected, FormatError):
            self._note(now_ms, -wanted.amount)
            raise

    def _note(self, time_ms: int, amount: int) -> None:
        paid = Paid(FORMAT, VERSION, time_ms, amount)
        beside.append(self._session.file.path, self._session.wallet.view, SUFFIX, _encode(paid))
        self._paid.append(paid)


def _encode(paid: Paid) -> bytes:
    return json.dumps(dataclassjson.write(paid), separators=(",", ":")).encode()


def _decode(data: bytes) -> Paid:
    what = "the file of the reserve beside the wallet"
    document = strictjson.loads(data, what, MAX_BYTES)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    return dataclassjson.read(Paid, document, what)
