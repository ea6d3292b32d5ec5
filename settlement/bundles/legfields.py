"""The parts of a leg, read from untrusted bytes (settlement.bundles.encoding has their order)."""

from circuits.statements import leg as leg_statement
from settlement.bundles.bundle import ESCROW_ELEMENTS, GUARD_BYTES, MAX_EPOCH, MAX_PERIOD, PERIOD_BYTES, Leg, Margin
from settlement.fieldreader import FieldReader
from settlement.ids import KeyDigest
from zk.curves.babyjubjub import Point
from zk.errors import FormatError


def check_marks(what: str, leg: Leg) -> None:
    """Raises FormatError when the leg carries what nothing would use."""
    if leg.public.guard == 0:
        for part, has_part in (("an escrow", leg.escrow), ("a margin proof", leg.margin)):
            if has_part:
                raise FormatError(f"{what} is a cash leg and has {part}, which nothing would use")
        if leg.is_insurance:
            raise FormatError(f"{what} is a cash leg, and the insurance has none")
        if leg.public.adds:
            raise FormatError(f"{what} is a cash leg, and no top-up")
    elif leg.public.adds and leg.margin:
        raise FormatError(f"{what} only adds and has a margin proof, which nothing would use")


def public(reader: FieldReader) -> leg_statement.Public[int]:
    """The next public inputs of a leg.  Raises FormatError for what the format does not allow, as all here do."""
    root, nullifier, commitment = reader.element("root"), reader.element("nullifier"), reader.commitment()
    value, rk = reader.point("value"), reader.point("rk")
    guard, adds = reader.number(GUARD_BYTES, "guard"), reader.number(1, "adds mark", most=1)
    period, tag = (reader.number(PERIOD_BYTES, "period", most=MAX_PERIOD), reader.element("tag")) if adds else (0, 0)
    return leg_statement.Public(root, nullifier, commitment, *value, *rk, guard, adds, period, tag)


def escrow(reader: FieldReader) -> tuple[KeyDigest, Point, tuple[int, ...]]:
    """The key, ephemeral point and ciphertext of an escrow, whose proof comes later."""
    key, ephemeral = KeyDigest(reader.digest("escrow key")), reader.point("escrow's E")
    return key, ephemeral, tuple(reader.element(f"escrow's element {i}") for i in range(ESCROW_ELEMENTS))


def margin(reader: FieldReader) -> Margin:
    """The next margin."""
    key, epoch = KeyDigest(reader.digest("margin key")), reader.number(8, "epoch", most=MAX_EPOCH)
    return Margin(key, epoch, reader.proof("margin proof"))
