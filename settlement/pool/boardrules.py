"""What a pool's board asks of orders: a proof of funds, or nothing."""

from dataclasses import dataclass

from settlement.bundles.bundle import MAX_AMOUNT
from settlement.pool import assets
from zk.errors import FormatError


@dataclass(frozen=True)
class BoardRules:
    """`funds` is, per asset, the amount that backs an order, in smallest units; 0 for an asset that does not.

    With `funds_required` the board takes only orders that are backed (settlement.orders.funds).

    Raises FormatError when an amount is out of range, and when funds are required of which no asset is accepted.
    """

    funds: tuple[int, ...]
    funds_required: bool

    def __post_init__(self) -> None:
        if len(self.funds) != assets.SLOTS:
            raise FormatError(f"the board's rules must have {assets.SLOTS} amounts of funds")
        for asset, amount in enumerate(self.funds):
            if type(amount) is not int or not 0 <= amount <= MAX_AMOUNT:
                raise FormatError(f"the board's funds of asset {asset} are not an integer from 0 to {MAX_AMOUNT}")
        if type(self.funds_required) is not bool:
            raise FormatError("funds_required must be true or false")
        if self.funds_required and not any(self.funds):
            raise FormatError("the board requires funds, but accepts no asset as funds")
