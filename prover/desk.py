"""The product in a few lines of Python: a pool, wallets, and orders that settle.

    from prover import desk

    desk.create_pool("home", insecure_dev=True)
    maker = desk.create("home", "maker", passphrase="…")
    taker = desk.create("home", "taker", passphrase="…")
    maker.deposit("12,000 USDC")
    taker.deposit("4 ETH")
    order = maker.place(sell="9,000 USDC", buy="3 ETH", to=taker.address)
    taker.take(order)
    print(maker.balances(), taker.balances())

A home is the folder with all data; the default is the user's own (prover/machine/home.py).  Amounts are text, such as
"1,500.25 USDC".  The command line calls the same functions, so each can open the other's homes.

Every function raises FormatError for a malformed argument or file, Unsatisfied when the wallet's accounts forbid it,
InvalidProof for terms that are not the order's, settlement.rejection.Rejected when the ledger or the board refuses, and
files.Busy when another process has the wallet open.  Nothing here prints, and no repr shows a secret.

Only Unreported means that something has settled: the disk was full after the commit, say.  The same call, repeated,
then returns that settlement.  So does any call with the same `once`, a key of up to 64 characters that the wallet keeps
with what it settled: repeated after whatever crash, it settles once.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from prover.carriers import carrying
from prover.lotdesk import Texts, default_agree, texts
from prover.machine import clock, home, threadcount
from prover.operator import ownkey
from prover.orderdesk import OrderDesk
from prover.premises import (
    PathLike,
    attest,
    backup,
    create_pool,
    custodian_key,
    import_wallet,
    publish_prices,
    restore,
    submit,
)
from prover.quoting import QuotingWallet
from prover.trader import (
    boardview,
    claims,
    durations,
    lifetimes,
    merging,
    moves,
    orders,
    readers,
    reposting,
    sessions,
    settling,
    walletfile,
    wallets,
)
from prover.trader.boardview import Order
from prover.trader.lots.offering import PlacedSet
from prover.trader.lots.sets import OrderSet
from prover.trader.marks import Mark
from prover.trader.readers import EVERYBODY
from prover.trader.sessions import Placed, Settlement, Unreported
from prover.trader.trade import Agree
from prover.trader.walletsync import LedgerWentBack
from settlement import amounts
from settlement.bundles import encoding
from settlement.bundles.bundle import MAX_LEGS
from settlement.pool.pool import asset_index

__all__ = [
    "EVERYBODY", "Desk", "LedgerWentBack", "Order", "OrderSet", "Placed", "PlacedSet", "Settlement", "Unreported",
    "attest", "backup", "create", "create_pool", "custodian_key", "import_wallet", "open", "publish_prices", "restore",
    "submit",
]  # fmt: skip

T = TypeVar("T")


class Desk(QuotingWallet, OrderDesk):
    """An open wallet and its home's open ledger.  Use it in a `with` block or `close` it, which unlocks the wallet."""

    def deposit(
        self, amount: str, *, party: str = "bank", reference: str | None = None, position: int | None = None,
        once: str | None = None, top_up: bool = False,
    ) -> Settlement:  # fmt: skip
        """Takes an amount in from an external party; its name and the payment's reference there are public.

        `position` chooses the account.  The custodian's key must be in the home: elsewhere use `request`.  With
        `top_up` it adds to a margined account, whatever its margin.
        """
        return self._move(
            moves.deposit, amount, party, position=position, reference=reference, once=once, is_top_up=top_up
        )

    def withdraw(
        self, amount: str, *, party: str = "bank", reference: str | None = None, position: int | None = None,
        once: str | None = None,
    ) -> Settlement:  # fmt: skip
        """Pays an amount out to an external party, as `deposit` takes one in."""
        return self._move(moves.withdraw, amount, party, position=position, reference=reference, once=once)

    def request(
        self, amount: str, *, withdrawal: bool = False, party: str = "bank", reference: str | None = None,
        expires: str = moves.REQUEST_EXPIRES, position: int | None = None, top_up: bool = False,
    ) -> bytes:  # fmt: skip
        """A deposit or withdrawal that lacks only its custodian's signature (`attest`): then `submit` settles it."""
        ask, expires_ms = moves.request_withdrawal if withdrawal else moves.request_deposit, durations.parse_ms(expires)
        how = {} if withdrawal else {"is_top_up": top_up}
        made = self._move(ask, amount, party, expires_ms=expires_ms, position=position, reference=reference, **how)
        return encoding.encode_bundle(made)

    def _move(self, move: Callable[..., T], amount: str, party: str, **how: Any) -> T:
        with threadcount.limited_to(self.threads):
            return move(self.session, *amounts.parse(amount, self.pool), party, clock.now_ms(), **how)

    def pay(self, amount: str, to: str, *, position: int | None = None, once: str | None = None) -> Settlement:
        """Pays an amount to an address or a contact."""
        receiver = self.named(to)
        with threadcount.limited_to(self.threads):
            return moves.pay(
                self.session, receiver, *amounts.parse(amount, self.pool), clock.now_ms(), position, once=once
            )

    def top_up(
        self, amount: str, *, position: int | None = None, from_position: int | None = None, once: str | None = None
    ) -> Settlement:
        """Moves an amount from a cash account of the wallet into a margined one, whatever the margin of that."""
        with threadcount.limited_to(self.threads):
            return moves.top_up(
                self.session, *amounts.parse(amount, self.pool), clock.now_ms(), position, from_position, once=once
            )

    def insure(self, amount: str, *, position: int | None = None, once: str | None = None) -> Settlement:
        """Gives an amount of the numeraire to the pool's insurance, which nobody can take back."""
        with threadcount.limited_to(self.threads):
            return moves.insure(
                self.session, amounts.parse_numeraire(amount, self.pool), clock.now_ms(), position, once=once
            )

    def convert(self, claim: str, *, position: int | None = None, once: str | None = None) -> Settlement:
        """Converts all that an account has of an expired claim, such as "ETH-CALL", into the pool's loan claim."""
        with threadcount.limited_to(self.threads):
            return claims.convert(self.session, asset_index(self.pool, claim), clock.now_ms(), position, once=once)

    def merge(self, accounts: int = MAX_LEGS, *, once: str | None = None) -> Settlement:
        """Merges the smallest accounts into one, without those that owe something or that an open order needs."""
        with threadcount.limited_to(self.threads):
            return merging.merge(self.session, accounts, clock.now_ms(), once=once)

    def place(
        self, *, sell: Texts = (), buy: Texts = (), to: Texts, expires: str = "1h", position: int | None = None,
        may_owe: bool = False, agree: Agree | None = None, funds: bool = True, fee: bool = False,
        once: str | None = None, until: str | None = None,
    ) -> Order:  # fmt: skip
        """Proves an order and puts it on the board.  Selling more than the account holds needs margin and `may_owe`.

        The terms are sealed to the addresses or contacts in `to`; `to=desk.EVERYBODY` lets everybody read them.
        `expires` is a length of time, such as "30m" or "7d"; `until` is a time in UTC, or "cancelled".  `agree` is
        called with the trade before anything is proved and stops it by raising; by default it does so when the account
        would owe what it does not owe now, unless it `may_owe`.

        Where the account owes nothing and holds what the pool's board asks, the order shows that, and nothing more
        about it: on a full board such orders stay.  `funds=False` leaves it out, and `fee=True` pays the board's fee
        instead.
        """
        named = texts(to)
        sealed_to = readers.addresses_of(named, self.named)
        sold, bought = amounts.parse_all(texts(sell), self.pool), amounts.parse_all(texts(buy), self.pool)
        now_ms = clock.now_ms()
        life = lifetimes.read(expires, until, now_ms)
        with threadcount.limited_to(self.threads):
            order = orders.place(
                self.session, sold, bought, sealed_to, life.expiry_ms, now_ms, position,
                agree or default_agree(may_owe), is_backed=funds, pays_fee=fee, once=once,
                mark=Mark(is_kept=life.is_kept), until=life.until,
            )  # fmt: skip
        return boardview.placed(self.session.ledger, order, now_ms, is_public=EVERYBODY in named)

    def orders(self) -> list[Order]:
        """Every order on the board that can be taken now, the oldest first.  One with false terms has none."""
        return boardview.orders(self.session, clock.now_ms())

    def order(self, order_id: str) -> Order:
        """One order on the board, by its id or by at least four of its first digits."""
        return boardview.order(self.session, order_id, clock.now_ms())

    def take(
        self, order: Order | str, *, position: int | None = None, may_owe: bool = False, agree: Agree | None = None,
        once: str | None = None,
    ) -> Settlement:  # fmt: skip
        """Takes an order whole: proves the other side and settles both at once.  A string must be the whole id.

        `agree` is called with this wallet's side of the trade before anything is proved, as in `place`.
        """
        order_id = order.order_id if isinstance(order, Order) else order
        with threadcount.limited_to(self.threads):
            return orders.take(self.session, order_id, clock.now_ms(), position, agree or default_agree(may_owe), once)

    def cancel(self, order: Order | str, *, once: str | None = None) -> Settlement:
        """Voids an order of this wallet by moving its account."""
        text = order.order_id if isinstance(order, Order) else order
        with threadcount.limited_to(self.threads):
            return orders.cancel(self.session, text, clock.now_ms(), once)

    def confirm(self, outcome: Settlement | Placed) -> None:
        """Notes that an outcome was told.  Only a desk that was opened with `on_done` needs it."""
        settling.confirm(self.session, outcome)


def create(
    folder: PathLike | None, name: str, passphrase: str, *, phrase: str | None = None, threads: int | None = None
) -> Desk:
    """Creates a wallet, or restores it from its seed phrase, and opens it.

    Raises FileExistsError when there is a wallet of this name.
    """
    wallet = wallets.new() if phrase is None else wallets.restore(phrase)
    walletfile.check_passphrase(passphrase)
    with walletfile.create(home.find(folder).wallet(name), passphrase, wallet):
        pass
    return open(folder, name, passphrase, threads=threads)


def open(
    folder: PathLike | None, name: str, passphrase: str, *, threads: int | None = None,
    accept_older_ledger: bool = False, on_done: Callable[[Settlement | Placed], None] | None = None,
) -> Desk:  # fmt: skip
    """Opens a wallet at its home's ledger.

    With `on_done`, what is done is announced to it before anything else can fail, and counts as told only once it is
    given to `Desk.confirm`.

    Raises walletfile.WrongPassphrase for the wrong passphrase, and LedgerWentBack when the ledger lost an event that a
    wallet of the home saw, unless `accept_older_ledger`.
    """
    paths = home.find(folder)
    if accept_older_ledger:  # which gives the list of settled events another name: not for who has no wallet here
        sessions.check_wallet(paths, name)
        with walletfile.open(paths.wallet(name), passphrase):
            pass
    with ExitStack() as stack:
        ledger = stack.enter_context(sessions.open_ledger(paths, accept_older=accept_older_ledger))
        secret = ownkey.find(paths, ownkey.CUSTODIAN)
        session = stack.enter_context(sessions.open(paths, ledger, name, passphrase, clock.now_ms(), secret))
        file = paths.wallet(name), session.wallet.view
        stack.enter_context(carrying.attached(paths, ledger, file, partial(reposting.renewed, session)))
        return Desk(name, replace(session, on_done=on_done), stack.pop_all(), threads)

