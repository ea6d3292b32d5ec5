"""Shows requests for quote and quotes, as text and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from prover.carriers.journals import Message
from prover.cli.frame.command import App
from prover.cli.trader import sent_run
from prover.desk import Desk
from prover.machine import clock
from prover.rfq import memory, taking
from prover.rfq.answering import Reply
from prover.rfq.checking import Firm, Refused
from prover.rfq.inbox import Incoming
from prover.rfq.memory import Answered, Inquiry, Quoted
from prover.rfq.messages import Line, Way
from prover.trader import contacts, walletsync
from prover.trader.contacts import Contact
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool
from zk.errors import Unsatisfied

ID_DIGITS = 8
MAKER_DIGITS = 16


def warn_of_unsent(app: App, desk: Desk, names: Sequence[bytes]) -> None:
    """Says which of the letters about these requests no carrier has taken yet."""
    unsent = [each for each in _letters(desk, names) if not each.carried]
    if unsent:
        which = "a letter" if len(unsent) == 1 else f"{len(unsent)} letters"
        app.screen.say(
            f"No carrier has taken {which} yet: {unsent[0].why}. Each `zksettle rfq` command tries again until"
            f" {clock.text(unsent[0].expires_ms)}; `zksettle rfq list` shows what became of it.", "warn",
        )  # fmt: skip


def _letters(desk: Desk, names: Sequence[bytes]) -> list[Message]:
    """What was sent about these requests."""
    wanted = {name.hex() for name in names}
    return [each for each in desk.post.messages() if each.message_id in wanted]


def _states(sent: Sequence[Message], now_ms: int) -> str:
    """In words, such as "1 answered, 2 carried"."""
    states = Counter(each.state(now_ms) for each in sent)
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "forgotten"


def requests(app: App, desk: Desk, counts: Mapping[bytes, int], now_ms: int) -> None:
    """The requests that wait for an answer, the wallet's own with how many answers each has, and its quotes."""
    pool, screen = desk.pool, app.screen
    waiting = [each for each in desk.requests() if not desk.post.memory.has_answered(each.request.request_id)]
    own, answered = desk.inquiries(), desk.post.memory.answered
    sent = {each.inquiry_id: _letters(desk, [one.request_id for one in each.asked]) for each in own}
    sent |= {each.request_id: _letters(desk, [each.request_id]) for each in answered}
    if waiting:
        screen.table(("request", "size", "until"), [
            (_short(each.request.request_id), lines_text(each.request.lines, pool), clock.text(each.expires_ms))
            for each in waiting
        ], title="to answer")  # fmt: skip
    if own:
        screen.table(("request", "size", "asked", "letters", "answers", "state"), [
            (_short(each.inquiry_id), lines_text(each.lines, pool), str(len(each.asked)),
             _states(sent[each.inquiry_id], now_ms), str(counts[each.inquiry_id]), _state(each, now_ms))
            for each in own
        ], title="your own")  # fmt: skip
    if answered:
        screen.table(("request", "size", "quoted", "letter", "state"), [
            (_short(each.request_id), lines_text(each.lines, pool), _quoted_text(each, pool),
             _states(sent[each.request_id], now_ms), _fate(desk.session.ledger, each, now_ms))
            for each in answered
        ], title="your quotes")  # fmt: skip
    if not (waiting or own or answered):
        screen.say("There is no request.")
    screen.document({
        "to_answer": [
            {"request": each.request.request_id.hex(), "expires_ms": each.expires_ms,
             "lines": [line_json(line, pool) for line in each.request.lines]} for each in waiting
        ],
        "own": [
            {**inquiry_json(each, pool), "answers": counts[each.inquiry_id],
             "sent": [sent_run.document(one, now_ms) for one in sent[each.inquiry_id]]} for each in own
        ],
        "quoted": [
            {"request": each.request_id.hex(), "lines": [line_json(line, pool) for line in each.lines],
             "sides": [_quoted_json(desk.session.ledger, quoted, pool) for quoted in each.quoted],
             "sent": [sent_run.document(one, now_ms) for one in sent[each.request_id]]}
            for each in answered
        ],
    })  # fmt: skip


def quotes(
    app: App, ledger: Ledger, inquiry: Inquiry, firm: Sequence[Firm], refused: Sequence[Refused],
    kept: Sequence[Contact] = (),
) -> None:  # fmt: skip
    """The quotes for an inquiry, the best first, and what would be taken of them on each side.

    Makers who are among the contacts that are `kept` are shown by name.
    """
    pool = ledger.pool
    rows = []
    for side in memory.SIDES:
        found = [each for each in firm if side in each.sides]
        for each in sorted(found, key=lambda each: sum(each.sides[side].pays.values())):  # noqa: B023
            numbers = ", ".join(str(number + 1) for number in sorted(each.lines))
            rows.append((
                side, _pays_text(each.sides[side].pays, pool), numbers, _maker(each.maker, kept),
                clock.text(each.sides[side].leg.expiry_ms),
            ))  # fmt: skip
    if rows:
        app.screen.table(("you", "at", "lines", "maker", "good until"), rows)
    else:
        app.screen.say("There is no quote that would settle.")
    for one in refused:
        app.screen.say(f"A quote of {_maker(one.maker, kept)} is left out: {one.reason}", "warn")
    best: dict[str, Any] = {}
    for side in memory.SIDES:
        try:
            deal = taking.best(ledger, inquiry, firm, side)
        except Unsatisfied:
            best[side] = None
            continue
        best[side] = {
            "pays": payments_json(deal.pays, pool), "expires_ms": deal.expires_ms, "is_best": deal.is_best,
            "makers": [each.maker for each in deal.firm],
        }  # fmt: skip
        known = "" if deal.is_best else "; there may be a better choice of these quotes, which the search did not find"
        app.screen.say(f"To {side} all of it, {taking.describe(deal, ledger)}{known}.")
    app.screen.document({
        **inquiry_json(inquiry, pool), "best": best,
        "quotes": [
            {"maker": each.maker, "contact": contacts.name_of(kept, each.maker),
             "lines": [number + 1 for number in sorted(each.lines)],
             "sides": {side: {"pays": payments_json(found.pays, pool), "expires_ms": found.leg.expiry_ms}
                       for side, found in each.sides.items()}} for each in firm
        ],
        "refused": [{"maker": each.maker, "reason": each.reason} for each in refused],
    })  # fmt: skip


def answered(app: App, pool: Pool, incoming: Incoming, reply: Reply) -> None:
    """What was quoted."""
    until = clock.text(min(each.expires_ms for each in reply.quoted))
    app.screen.say(f"The quote is on its way, and is firm until {until}.", "good")
    app.screen.paragraph("Whoever asked can settle one side of it alone. Anything that moves its account ends it.")
    app.screen.document({
        "request": incoming.request.request_id.hex(),
        "quoted": [
            {"side": Way(each.way).name.lower(), "payments": payments_json(dict(each.payments), pool),
             "leg": each.leg_id.hex(), "expires_ms": each.expires_ms} for each in reply.quoted
        ],
    })  # fmt: skip


def lines_text(lines: Sequence[Line], pool: Pool) -> str:
    """What is asked about, a line each."""
    return "\n".join(
        f"{', '.join(amounts.show_all(line.sizes, pool))} for {pool.assets[line.paid_in].symbol}" for line in lines
    )


def line_json(line: Line, pool: Pool) -> dict[str, Any]:
    """A line: signed amounts in smallest units, by symbol, and the asset it is paid in."""
    pairs = zip(pool.assets, line.sizes, strict=True)
    return {
        "sizes": {asset.symbol: str(size) for asset, size in pairs if size},
        "paid_in": pool.assets[line.paid_in].symbol,
    }


def inquiry_json(inquiry: Inquiry, pool: Pool) -> dict[str, Any]:
    """An own request."""
    return {
        "request": inquiry.inquiry_id.hex(), "lines": [line_json(line, pool) for line in inquiry.lines],
        "made_ms": inquiry.made_ms, "expires_ms": inquiry.expires_ms, "makers": [each.maker for each in inquiry.asked],
        "taken": inquiry.taken,
    }  # fmt: skip


def payments_json(payments: Mapping[int, int], pool: Pool) -> dict[str, str]:
    """Signed amounts in smallest units, by symbol."""
    return {pool.assets[slot].symbol: str(amount) for slot, amount in sorted(payments.items())}


def _short(name: bytes) -> str:
    return name.hex()[:ID_DIGITS]


def _maker(address: str, kept: Sequence[Contact]) -> str:
    return contacts.name_of(kept, address) or f"{address[:MAKER_DIGITS]}…"


def _state(inquiry: Inquiry, now_ms: int) -> str:
    if inquiry.taken is not None:
        return "bought" if inquiry.taken == "buy" else "sold"
    return "open" if now_ms < inquiry.expires_ms else "expired"


def _pays_text(pays: Mapping[int, int], pool: Pool) -> str:
    return ", ".join(amounts.show(abs(amount), pool.assets[slot]) for slot, amount in sorted(pays.items()))


def _quoted_text(answered: Answered, pool: Pool) -> str:
    return "\n".join(
        f"{Way(each.way).name.lower()} "
        + ", ".join(amounts.show(amount, pool.assets[slot]) for slot, amount in each.payments)
        for each in answered.quoted
    )


def _fate(ledger: Ledger, answered: Answered, now_ms: int) -> str:
    """What became of each of the quotes of an answer."""
    return "\n".join(
        f"taken at height {height}" if (height := _taken(ledger, each)) is not None
        else "void: its account has moved" if ledger.reader.is_spent(each.spends)
        else "expired" if each.expires_ms <= now_ms else "open"
        for each in answered.quoted
    )  # fmt: skip


def _quoted_json(ledger: Ledger, quoted: Quoted, pool: Pool) -> dict[str, Any]:
    return {
        "side": Way(quoted.way).name.lower(), "payments": payments_json(dict(quoted.payments), pool),
        "leg": quoted.leg_id.hex(), "expires_ms": quoted.expires_ms, "taken_height": _taken(ledger, quoted),
    }  # fmt: skip


def _taken(ledger: Ledger, quoted: Quoted) -> int | None:
    """The height at which a quoted leg settled, or None."""
    if not ledger.reader.is_spent(quoted.spends):
        return None
    return walletsync.height_taken(ledger, quoted.spends, quoted.leg_id.hex())
