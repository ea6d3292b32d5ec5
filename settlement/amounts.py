"""Converts between amounts as people write them ("1,500.25 USDC") and integers in smallest units.

Parsing is exact: no float, no rounding, and an error for more decimals than the asset has.  The text of a price, such
as "3,000.50", is in whole units of the numeraire, the pool's first asset, per whole unit; its integer is in the unit
of settlement.risk.risk.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from circuits.records import Amount
from settlement.pool import assets
from settlement.pool.assets import Asset
from settlement.pool.pool import Pool, asset_index
from settlement.risk import risk
from zk.errors import FormatError

MAX_TEXT = 80
LIMIT = 1 << 63
NUMERAIRE = assets.NUMERAIRE
PRICE_DIGITS = len(str(risk.SCALE)) - 1
"""The decimals of a price beyond the numeraire's: its unit is 10^-9 of the numeraire's smallest unit."""

_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?", re.ASCII)


def parse(text: str, pool: Pool) -> tuple[int, Amount]:
    """(asset index, amount) of a text such as "1,500.25 USDC"; 0 < amount < 2^63.

    Raises FormatError when it is not a plain number and one of the pool's symbols, when the asset does not have that
    many decimals, and when the amount is zero or too large.
    """
    number, symbol = _words(text)
    index = asset_index(pool, symbol)
    asset = pool.assets[index]
    return index, _amount(text, number, asset.symbol, asset.decimals)


def parse_one(text: str, symbol: str, decimals: int) -> Amount:
    """As `parse`, of one asset that no pool has yet.  Raises FormatError as `parse`, and for another asset."""
    number, word = _words(text)
    if word.upper() != symbol.upper():
        raise FormatError(f"{text} is not an amount of {symbol}")
    return _amount(text, number, symbol, decimals)


def parse_numeraire(text: str, pool: Pool) -> Amount:
    """An amount of the numeraire, such as "1500.25 USDC".  Raises FormatError as `parse`, and for another asset."""
    slot, amount = parse(text, pool)
    if slot != NUMERAIRE:
        raise FormatError(f"{text} is not an amount of {pool.assets[NUMERAIRE].symbol}")
    return amount


def parse_all(words: Sequence[str], pool: Pool) -> dict[int, Amount]:
    """{asset index: amount} of words such as `1500.25 USDC "2 ETH"`.

    Raises FormatError as `parse`, and for an asset that is named twice.
    """
    tokens = " ".join(words).split()
    by_asset: dict[int, Amount] = {}
    for start in range(0, len(tokens), 2):
        index, amount = parse(" ".join(tokens[start : start + 2]), pool)
        if index in by_asset:
            raise FormatError(f"{pool.assets[index].symbol} is named twice")
        by_asset[index] = amount
    return by_asset


def parse_price(text: str, asset: Asset, numeraire: Asset) -> int:
    """The price of one smallest unit, in 10^-9 of the numeraire's smallest unit.

    Raises FormatError when it is not exact, not positive, or has more than 64 bits.
    """
    price = scale_price(text, asset.decimals, numeraire, f"the price of {asset.symbol}")
    if not 0 < price < 1 << 64:
        raise FormatError(f"the price of {asset.symbol} is out of range: it must be above 0 and below 2^64 raw units")
    return price


def scale_price(text: str, decimals: int, numeraire: Asset, what: str = "the price") -> int:
    """As `parse_price`, of an asset with these decimals; 0 and more than 64 bits are allowed."""
    digits = numeraire.decimals + PRICE_DIGITS - decimals
    return _scale(text, digits, f"{what} has at most {max(digits, 0)} decimals")


def parse_ratio(text: str, asset: Asset, other: Asset) -> Fraction:
    """The price of one smallest unit in smallest units of the other asset, exactly; the text is in whole units.

    Raises FormatError when it is not a plain number above zero.
    """
    digits = len(text.partition(".")[2])
    price = Fraction(_scale(text, digits, "a price"), 10**digits) * Fraction(10**other.decimals, 10**asset.decimals)
    if not price:
        raise FormatError("the price must be above 0")
    return price


def parse_percent(text: str, what: str) -> int:
    """The basis points in a text such as "3.5%" or "3.5".

    Raises FormatError unless they are a whole number above 0.
    """
    bps = _scale(text.removesuffix("%"), 2, f"{what} has at most two decimals of a percent")
    if bps == 0:
        raise FormatError(f"{what} must be above 0")
    return bps


def show(amount: int, asset: Asset) -> str:
    """An amount with its symbol: "1,500.25 USDC", "−0.5 ETH"."""
    return f"{number(amount, asset.decimals)} {asset.symbol}"


def show_all(balances: Sequence[int], pool: Pool) -> list[str]:
    """The balances that are not zero, each with its symbol, in the order of the pool's assets."""
    return [show(balance, asset) for balance, asset in zip(balances, pool.assets, strict=True) if balance]


def show_trade(changes: Sequence[int], pool: Pool) -> tuple[str, str]:
    """The amounts sold and the amounts bought, each as one line of text."""
    sold = show_all([max(-change, 0) for change in changes], pool)
    bought = show_all([max(change, 0) for change in changes], pool)
    return ", ".join(sold) or "nothing", ", ".join(bought) or "nothing"


def number(amount: int, decimals: int) -> str:
    """amount / 10^decimals, exactly: with thousands separators and without trailing zeros."""
    whole, fraction = divmod(abs(amount), 10**decimals)
    text = f"{whole:,}" + (f".{fraction:0{decimals}}".rstrip("0").rstrip(".") if decimals else "")
    return f"−{text}" if amount < 0 else text


def show_value(value: int, numeraire: Asset) -> str:
    """A portfolio's value (settlement.risk.risk.equity) in the numeraire with two decimals, rounded down."""
    unit = 10 ** (numeraire.decimals + PRICE_DIGITS - 2)
    cents = value // unit
    sign, cents = ("−" if cents < 0 else ""), abs(cents)
    return f"{sign}{cents // 100:,}.{cents % 100:02}"


def show_price(price: int, asset: Asset, numeraire: Asset) -> str:
    """The price of one whole unit in whole units of the numeraire."""
    return number(price * 10**asset.decimals, numeraire.decimals + PRICE_DIGITS)


def _words(text: str) -> tuple[str, str]:
    words = text.split()
    if len(text) > MAX_TEXT or len(words) != 2:
        raise FormatError(f'"{text[:MAX_TEXT]}" is not an amount: write a number and an asset, as in "1500.25 USDC"')
    return words[0], words[1]


def _amount(text: str, number: str, symbol: str, decimals: int) -> Amount:
    amount = _scale(number, decimals, f"{symbol} has {decimals} decimals")
    if not 0 < amount < LIMIT:
        raise FormatError(f'"{text}" is out of range: an amount must be above 0 and below 2^63 smallest units')
    return Amount(amount)


def _scale(text: str, digits: int, limit: str) -> int:
    """text · 10^digits.  Raises FormatError when it is not a plain decimal number or the product is not an integer."""
    if len(text) > MAX_TEXT or not _NUMBER.fullmatch(text):
        raise FormatError(f'"{text[:MAX_TEXT]}" is not a number: write digits with at most one point, as in 1500.25')
    whole, _, fraction = text.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    value, shift = int(whole + fraction), digits - len(fraction)
    if shift < 0 and value % 10**-shift:
        raise FormatError(f"{text} has too many decimals: {limit}")
    return value * 10**shift if shift >= 0 else value // 10**-shift
