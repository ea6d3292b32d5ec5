"""Runs `zksettle rfq …`."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click

from prover import quoting
from prover.carriers import carrierfile
from prover.carriers.carrierfile import Named
from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import consent, contact_run, rfq_show, settled_run
from prover.desk import Desk
from prover.machine import clock
from prover.network.mirrors import opening
from prover.rfq import taking
from prover.rfq.inbox import Incoming
from prover.rfq.memory import BuyOrSell, Inquiry
from prover.rfq.messages import Line
from prover.rfq.post import Post
from prover.trader import contacts, trade
from prover.trader.trade import Agree, Trade
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import FormatError

POLL_S = 0.2
_LINE = re.compile(r"(.+)\s+for\s+(\S+)")
_NUMBERS = re.compile(r"[1-9][0-9]?(?:,[1-9][0-9]?)*", re.ASCII)


def ask(
    app: App, sizes: tuple[str, ...], against: tuple[str, ...], paid_in: str | None, lines: tuple[str, ...],
    makers: tuple[str, ...], expires: str, waits: bool, wallet_name: str, passphrase_file: Path | None,
    mailboxes: tuple[str, ...],
) -> None:  # fmt: skip
    """Asks, and shows the answers."""
    if bool(sizes) == bool(lines) or (sizes and paid_in is None) or (lines and (against or paid_in)):
        raise click.UsageError(
            "say what you ask about: AMOUNT --for ASSET, or one --line for each part of a structure",
            click.get_current_context(),
        )
    asked = dict(_maker(text) for text in makers)
    if len(asked) < len(makers):
        raise click.UsageError("a maker is named twice", click.get_current_context())
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk, using(desk, carriers_of(app, mailboxes)):
        parts = [_line(desk.pool, text) for text in lines]
        note = contact_run.uncompared(desk, list(asked))
        inquiry = desk.ask(
            sizes, against=against, paid_in=paid_in or "", lines=parts, to=list(asked), expires=expires, about=asked
        )
        if not app.screen.is_json:
            to = _count(len(asked), "maker")
            app.screen.say(f"Request {inquiry.inquiry_id.hex()} is on its way to {to}. {note}".rstrip())
        rfq_show.warn_of_unsent(app, desk, [each.request_id for each in inquiry.asked])
        if waits:
            _wait(desk, inquiry)
            _show_quotes(app, desk, inquiry)
        else:
            app.screen.document(rfq_show.inquiry_json(inquiry, desk.pool))


def show(
    app: App, request: str | None, wallet_name: str, passphrase_file: Path | None, mailboxes: tuple[str, ...]
) -> None:  # fmt: skip
    """Lists requests, or the quotes for one."""
    with workspace.open_desk(app, wallet_name, passphrase_file) as desk, using(desk, carriers_of(app, mailboxes)):
        if request is not None:
            _show_quotes(app, desk, desk.post.memory.inquiry(request))
            return
        desk.sync()
        now_ms = clock.now_ms()
        counts = {each.inquiry_id: len(desk.post.inbox.answers(each)) for each in desk.inquiries()}
        rfq_show.requests(app, desk, counts, now_ms)


def answer(
    app: App, request: str, bid: tuple[str, ...], offer: tuple[str, ...], lines: str | None, firm: str | None,
    wallet_name: str, passphrase_file: Path | None, position: int | None, again: bool, is_agreed: bool,
    mailboxes: tuple[str, ...],
) -> None:  # fmt: skip
    """Answers a request."""
    if not bid and not offer:
        raise click.UsageError("a quote needs --bid or --offer, and makers give both", click.get_current_context())
    numbers = [number - 1 for number in _numbers(lines)] if lines else []
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk, \
            using(desk, carriers_of(app, mailboxes)):  # fmt: skip
        incoming = _incoming(desk, request)
        made = desk.answer(
            incoming, bid=bid, offer=offer, lines=numbers, firm=firm, position=position, again=again,
            agree=_to_quote(app, is_agreed=is_agreed),
        )  # fmt: skip
        rfq_show.warn_of_unsent(app, desk, [incoming.request.request_id])
        rfq_show.answered(app, desk.pool, incoming, made)


def take(
    app: App, request: str, side: BuyOrSell | None, limit: str | None, wallet_name: str,
    passphrase_file: Path | None, position: int | None, is_agreed: bool, mailboxes: tuple[str, ...],
) -> None:  # fmt: skip
    """Takes the best quotes on a side, and reports the receipt."""
    if side is None:
        raise click.UsageError("say --buy or --sell", click.get_current_context())
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk, using(desk, carriers_of(app, mailboxes)):
        inquiry = desk.post.memory.inquiry(request)
        agree = _to_take(app, is_agreed=is_agreed, has_limit=limit is not None)

        def going_on(gone: taking.Gone) -> None:
            app.screen.say(f"The best is not to be had: {gone}. Taking the next best within the limit.", "warn")

        settlement = desk.take_quote(
            inquiry, side, limit=limit, position=position, agree=agree, going_on=going_on
        )  # fmt: skip
        settled_run.report(app, desk, settlement, "The quotes are taken; all sides have settled.")


def named_carriers(app: App, mailboxes: Sequence[str]) -> list[Named]:
    """The mailboxes of these services, or what the home names: its own board is the mailbox of the service that it has
    joined."""
    if mailboxes:
        return [Named(carrierfile.MAILBOX, url, None) for url in mailboxes]
    joined = app.home.ledger_url or opening.url(app.home.pool)
    own = [Named(carrierfile.MAILBOX, joined, None)] if joined else []
    listed = carrierfile.read(app.home)
    return [each for one in listed for each in (own if one.kind == carrierfile.BOARD else [one])]


def carriers_of(app: App, mailboxes: Sequence[str]) -> list[Named]:
    """The same.  Raises FormatError when there is none."""
    named = named_carriers(app, mailboxes)
    if not named:
        raise FormatError(
            "this home's ledger is a file of its own, and letters need somebody who carries them: serve it with "
            "`zksettle ledger serve`, and name the service with --mailbox URL, or a relay with `zksettle carrier add`"
        )
    return named


@contextmanager
def using(desk: Desk, named: Sequence[Named]) -> Iterator[Post]:
    """Uses these carriers until the block ends.  Begins when they delivered what they had."""
    with ExitStack() as stack:
        carriers = carrierfile.opened(named, desk.session.ledger.ledger_id, clock.now_ms)
        for carrier in carriers:
            stack.enter_context(closing(carrier))
        post = stack.enter_context(desk.using(carriers))
        post.settle()
        post.retry()
        yield post


def _wait(desk: Desk, inquiry: Inquiry) -> None:
    """Waits until every maker has answered or the request has expired."""
    inbox, makers = desk.post.inbox, len(inquiry.asked)
    while clock.now_ms() < inquiry.expires_ms:
        answered = {answer.asked.request_id for answer in inbox.answers(inquiry)}
        if len(answered) == makers:
            return
        desk.post.retry()
        inbox.wait(lambda: False, POLL_S)


def _show_quotes(app: App, desk: Desk, inquiry: Inquiry) -> None:
    desk.sync()
    firm, refused = desk.quotes(inquiry)
    rfq_show.quotes(app, desk.session.ledger, inquiry, firm, refused, desk.contacts())


def _incoming(desk: Desk, text: str) -> Incoming:
    """The request that waits here and whose id begins with these digits.  Raises FormatError."""
    found = [each for each in desk.requests() if each.request.request_id.hex().startswith(text)]
    if len(found) != 1 or not text:
        count = "no request" if not found else f"{len(found)} requests"
        raise FormatError(f"{count} that waits for an answer begins with {text[:32]!r}: see `zksettle rfq list`")
    return found[0]


def _maker(text: str) -> tuple[str, tuple[int, ...]]:
    """A maker's address or name and the numbers of the lines, from 0, of "1,3=ADDRESS" or "ADDRESS"."""
    numbers, equals, address = text.rpartition("=")
    contacts.check_text(address)  # before anybody is asked for a passphrase
    return address, tuple(number - 1 for number in _numbers(numbers)) if equals else ()


def _numbers(text: str) -> list[int]:
    if not _NUMBERS.fullmatch(text):
        raise FormatError(f"{text[:40]!r} are not numbers of lines: write 1,3")
    return sorted({int(word) for word in text.split(",")})


def _line(pool: Pool, text: str) -> Line:
    """The line of a text such as "10 ETH, -2 BTC for USDC".  Raises FormatError."""
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise FormatError(f'"{text[: amounts.MAX_TEXT]}" is not a line: write "10 ETH, -2 BTC for USDC"')
    parts = [part.strip() for part in re.split(r",(?!\d{3}\b)", match[1])]
    against = [part[1:].strip() for part in parts if part.startswith(("-", "−"))]
    return quoting.line(pool, [part for part in parts if not part.startswith(("-", "−"))], against, match[2])


def _to_quote(app: App, *, is_agreed: bool) -> Agree:
    """Asks before a quote that would make its account owe something."""

    def agree(proposed: Trade) -> None:
        owes = [proposed.owes] if proposed.owes else []
        must_ask = bool(owes) and not is_agreed
        consent.decide(app, owes, "Quote it?", " ".join(owes), must_ask=must_ask, remedy="--yes")

    return agree


def _to_take(app: App, *, is_agreed: bool, has_limit: bool) -> Agree:
    """Shows the trade and asks, with a limit only about a debt."""

    def agree(proposed: Trade) -> None:
        if has_limit and proposed.owes is None:
            trade.refuse_new_debts(proposed)
            return
        remedy = "--yes" if has_limit else "--yes, or the most you pay with --limit"
        consent.to_take(app, (), (), is_agreed=is_agreed, remedy=remedy)(proposed)

    return agree


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
