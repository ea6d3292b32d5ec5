"""Requests for quote of an open wallet: what prover.desk.Desk does with them.

    inquiry = asker.ask("10 ETH", paid_in="USDC", to=[maker.address])
    maker.answer(maker.requests()[0], bid="31,000 USDC", offer="31,200 USDC")
    asker.take_quote(inquiry, "buy", limit="31,300 USDC")

A desk has a `post` while it uses some carriers (prover/carriers): `with desk.using(carriers): …`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from circuits import records
from prover.carriers.carrier import Carrier
from prover.machine import clock, threadcount
from prover.openwallet import OpenWallet
from prover.rfq import answering, asking, checking, memory, taking
from prover.rfq.answering import Prices, Reply
from prover.rfq.checking import Firm, Refused
from prover.rfq.inbox import Incoming
from prover.rfq.memory import BuyOrSell, Inquiry
from prover.rfq.messages import Line, Way
from prover.rfq.post import Post
from prover.trader import durations, trade
from prover.trader.addresses import Address
from prover.trader.sessions import Settlement
from prover.trader.trade import Agree
from settlement import amounts
from settlement.pool.pool import Pool, asset_index
from zk.errors import FormatError, Unsatisfied

Texts = str | Sequence[str]


class QuotingWallet(OpenWallet):
    """An open wallet that asks for quotes, answers requests, and takes quotes."""

    _post: Post | None = None

    @contextmanager
    def using(self, carriers: Sequence[Carrier]) -> Iterator[Post]:
        """Reads and sends letters over these carriers until the block ends."""
        with Post(self.session, carriers, clock.now_ms) as post:
            self._post = post
            try:
                yield post
            finally:
                self._post = None

    @property
    def post(self) -> Post:
        """The letters of this wallet.  Raises Unsatisfied outside of `using`."""
        if self._post is None:
            raise Unsatisfied("no carrier is in use: `with desk.using(carriers):`")
        return self._post

    def ask(
        self, sizes: Texts = (), *, against: Texts = (), paid_in: str = "", lines: Sequence[Line] = (), to: Texts,
        expires: str = "30s", about: Mapping[str, Sequence[int]] | None = None,
    ) -> Inquiry:  # fmt: skip
        """Asks the makers in `to`, addresses or contacts, for two-way quotes, and returns at once.

        What is asked about are `sizes` less what is `against` them, paid in one asset: one price for all of it; or
        several `lines` (`line` makes one), each of which has a price of its own.  `about` says which lines a maker is
        asked about, by number from 0; by default all.  No maker learns the side, the asker, or the other makers.
        """
        asked = [*lines, *([line(self.pool, sizes, against, paid_in)] if sizes or against else [])]
        makers: dict[Address, Sequence[int]] = {}
        for text in _texts(to):
            if (maker := self.named(text)) in makers:
                raise FormatError(f"a maker is named twice: {text[:40]} is another name for an address that is there")
            makers[maker] = (about or {}).get(text, ())
        now_ms = clock.now_ms()
        made = asking.ask(self.session, self.post.memory, asked, makers, now_ms + durations.parse_ms(expires), now_ms)
        self.post.ask(made)
        return made.inquiry

    def requests(self) -> list[Incoming]:
        """The requests to this wallet that wait for an answer, the oldest first."""
        return self.post.inbox.requests()

    def answer(
        self, incoming: Incoming, *, bid: Texts = (), offer: Texts = (), lines: Sequence[int] = (),
        firm: str | None = None, position: int | None = None, may_owe: bool = False, agree: Agree | None = None,
        again: bool = False,
    ) -> Reply:  # fmt: skip
        """Answers a request with a firm quote: a bid, an offer or both, for all of its lines or for these, from 0.

        What is bid is paid for what was asked about, and what is offered is asked for it: "31,200 USDC"; with a minus
        sign it is the other way round.  It is good for as long as `firm` says, by default as long as other trades.
        `agree` and `may_owe` are as for `place`; `again` allows another answer to the same request.
        """
        numbers = frozenset(lines) or incoming.request.all_lines
        texts = {Way.BID: _texts(bid), Way.OFFER: _texts(offer)}
        sides = {way: payments(self.pool, found) for way, found in texts.items() if found}
        now_ms = clock.now_ms()
        expiry_ms = now_ms + durations.parse_ms(firm) if firm else answering.usual_expiry_ms(now_ms)
        prices = Prices(numbers, sides, None if position is None else records.Position(position))
        agreed = agree or (trade.allow_new_debts if may_owe else trade.refuse_new_debts)
        with threadcount.limited_to(self.threads):
            made = answering.answer(
                self.session, self.post.memory, incoming, [prices], expiry_ms, now_ms, agreed, again=again
            )
        self.post.reply(incoming, made)
        return made

    def inquiries(self) -> list[Inquiry]:
        """What this wallet asked, the oldest first."""
        return self.post.memory.inquiries

    def quotes(self, inquiry: Inquiry, sides: Collection[BuyOrSell] = memory.SIDES) -> tuple[list[Firm], list[Refused]]:
        """The quotes of which these sides would settle now, and why others would not."""
        answers = self.post.inbox.answers(inquiry)
        return checking.check_all(self.session.ledger, inquiry, answers, clock.now_ms(), sides)

    def take_quote(
        self, inquiry: Inquiry, side: BuyOrSell, *, limit: str | None = None, position: int | None = None,
        may_owe: bool = False, agree: Agree | None = None, going_on: Callable[[taking.Gone], object] | None = None,
    ) -> Settlement:  # fmt: skip
        """Buys or sells what was asked about at the best quotes, all at once.

        `limit` is the most to pay, or the least to be paid; with it, the next best quotes are taken when the best are
        gone, and `going_on` is told each time.  Without a limit nobody said how bad they may be.  An inquiry settles
        once: repeated, this returns the same settlement.  Raises taking.Gone when a quote expired or its account moved.
        """
        ledger = self.session.ledger

        def choose() -> taking.Deal:
            deal = taking.best(ledger, inquiry, self.quotes(inquiry, [side])[0], side)
            if limit is not None:
                taking.check_limit(ledger, deal, signed_amount(self.pool, limit))
            return deal

        agreed = agree or (trade.allow_new_debts if may_owe else trade.refuse_new_debts)
        going_on = going_on or (lambda gone: None)
        with threadcount.limited_to(self.threads):
            return taking.take(
                self.session, self.post.memory, inquiry, side, choose, clock.now_ms(), position, agreed,
                None if limit is None else going_on,
            )  # fmt: skip


def line(pool: Pool, sizes: Texts, against: Texts = (), paid_in: str = "") -> Line:
    """A line of a request: these amounts, less what is against them, paid in this asset.  Raises FormatError."""
    if not paid_in:
        raise FormatError("say which asset it is paid in")
    plus, minus = amounts.parse_all(_texts(sizes), pool), amounts.parse_all(_texts(against), pool)
    if both := sorted(set(plus) & set(minus)):
        raise FormatError(f"{pool.assets[both[0]].symbol} stands on both sides of the request")
    return Line(
        tuple(plus.get(slot, 0) - minus.get(slot, 0) for slot in range(records.ASSETS)), asset_index(pool, paid_in)
    )


def payments(pool: Pool, texts: Sequence[str]) -> dict[int, int]:
    """Payments by asset, of texts such as "31,200 USDC" or "-5 USDC".  Raises FormatError."""
    found: dict[int, int] = {}
    for text in texts:
        slot, amount = signed_amount(pool, text)
        if slot in found:
            raise FormatError(f"{pool.assets[slot].symbol} is named twice")
        found[slot] = amount
    return found


def signed_amount(pool: Pool, text: str) -> tuple[int, int]:
    """(asset, amount) of a text such as "31,200 USDC", "-5 USDC" or "0 USDC".  Raises FormatError."""
    stripped = text.strip()
    is_negative = stripped[:1] in ("-", "−")
    words = stripped[is_negative:].split()
    if len(words) == 2 and words[0] == "0":
        return asset_index(pool, words[1]), 0
    slot, amount = amounts.parse(stripped[is_negative:], pool)
    return slot, -amount if is_negative else amount


def _texts(texts: Texts) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts
