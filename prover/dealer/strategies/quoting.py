"""Answers a request with one price on each side, for all of its lines that a strategy quotes."""

from collections.abc import Callable, Container

from prover.dealer.strategies.strategy import Answer
from prover.dealer.strategies.view import Enquiry
from prover.rfq.answering import Prices
from prover.rfq.messages import Line, Way


def answer(
    enquiry: Enquiry, unit: int, quoted: Container[int], side: Callable[[Way, list[Line]], int | str],
    why: Callable[[list[Line]], str],
) -> Answer:  # fmt: skip
    """A bid and an offer for the lines that are paid in the unit and consist of the quoted assets.

    `side` says what is paid on one side for these lines together, or why it is not quoted.
    """
    chosen = frozenset(
        number for number, line in enumerate(enquiry.lines)
        if line.paid_in == unit and all(slot in quoted for slot, size in enumerate(line.sizes) if size)
    )  # fmt: skip
    if not chosen:
        return Answer((), "the request asks for nothing that this strategy quotes")
    lines, sides, reasons = [enquiry.lines[number] for number in sorted(chosen)], {}, []
    for way in Way:
        found = side(way, lines)
        if isinstance(found, str):
            reasons.append(f"no {way.name.lower()}: {found}")
        else:
            sides[way] = {unit: found}
    if not sides:
        return Answer((), "; ".join(reasons))
    return Answer((Prices(chosen, sides),), "; ".join([why(lines), *reasons]))
