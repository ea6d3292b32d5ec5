"""Publications: quotes of three oracles, one of whom lies and signs what he likes.

The honest ones say the same of every asset, so whatever is published says so too.
"""

from dataclasses import replace
from functools import cache

from settlement import engine
from settlement.ledger import Ledger
from settlement.pool import poolfile
from settlement.risk import oracle, quotes
from settlement.risk.quotes import Quote
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import folder
from tests.hostile.strangers.target import Target
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, ORACLE_SECRETS
from zk import signature
from zk.errors import FormatError

LATER_MS = NOW_MS + 1
LIAR = 2
SIZES = (
    ("oracle", 1), ("asset", 1), ("price", 8), ("volatility", 4), ("time", 8), ("epoch", 8), ("R.x", 32), ("R.y", 32),
    ("s", 32),
)  # fmt: skip


@cache
def ledger() -> Ledger:
    """A ledger with the grids of one epoch."""
    made = Ledger.create(folder() / "prices.sqlite", samples.pool(), NOW_MS)
    samples.publish(made)
    return made


def good() -> dict[str, Parts]:
    """The quotes of the next epoch, as the evidence of a publication."""
    signed = samples.quotes(ledger(), LATER_MS)
    data, parts = quotes.encode(signed), [("magic", quotes.MAGIC)]
    place = len(quotes.MAGIC)
    for number in range(len(signed)):
        for name, size in SIZES:
            parts.append((f"quote {number}: {name}", data[place : place + size]))
            place += size
    assert place == len(data), "a quote has other fields"
    return {"quotes": parts}


def mend(parts: Parts) -> bytes:
    """The quotes in order, those of the liar signed by him."""
    read = quotes.decode(fields.joined(parts))
    return quotes.encode([_signed(quote) if quote.oracle == LIAR else quote for quote in read])


def _signed(quote: Quote) -> Quote:
    message = quotes.message(poolfile.ledger_id(ledger().pool), quote)
    return replace(quote, signature=signature.sign(ORACLE_SECRETS[LIAR], message))


def use(data: bytes, mended: bool) -> None:
    """Checks the quotes, and that the prices are the honest ones."""
    read = quotes.decode(data)
    if quotes.encode(read) != data:
        raise AssertionError("the same quotes have two spellings")
    previous = ledger().reader.grids(1)[0].publication
    publication = oracle.check(ledger().pool, ledger().pool.parameters, {}, read, previous, LATER_MS)
    assert oracle.observation(publication) == samples.OBSERVED, "a liar moved a price"
    assert publication.evidence == data and publication.epoch == previous.epoch + 1


PRICES = Target("prices", good, use, mend=mend, refusals=(FormatError, engine.checks.Rejected))
