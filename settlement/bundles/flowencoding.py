"""The byte encoding of a flow, and which flows there can be whatever the pool.

    flow = asset 1 │ account 1 │ amount 8, signed │ party length 1 │ party │ reference length 1 │ reference

Outside, held assets flow, and each has a reference in its canonical spelling.  Public accounts take held assets too,
and the pot the numeraire and claims; they have no party, and a reference only to say for which order a fee is paid.
"""

from circuits import records
from circuits.records import Amount
from settlement.bundles import references
from settlement.bundles.bundle import MAX_AMOUNT, MAX_PARTY_BYTES, MAX_REFERENCE_BYTES, Account, Flow
from settlement.fieldreader import DIGEST_BYTES, FieldReader
from zk.errors import FormatError

MAX_FLOW_BYTES = 1 + 1 + 8 + 1 + MAX_PARTY_BYTES + 1 + MAX_REFERENCE_BYTES


def encode(flow: Flow) -> bytes:
    """A flow's canonical bytes."""
    head = bytes([flow.asset, flow.account]) + flow.amount.to_bytes(8, "big", signed=True)
    return head + bytes([len(flow.party)]) + flow.party + bytes([len(flow.reference)]) + flow.reference


def read(reader: FieldReader, number: int) -> Flow:
    """The next flow, the leg's with this number.  Raises FormatError for what no pool's ledger could take."""
    what = f"flow {number}"
    asset = reader.number(1, f"asset of {what}", most=records.ASSETS - 1)
    account = Account(reader.number(1, f"account of {what}", most=max(Account)))
    amount = reader.number(8, f"amount of {what}", signed=True)
    if amount == 0 or amount < -MAX_AMOUNT:
        raise FormatError(f"{reader.what}: the amount of {what} is zero, or more than 2^63 - 1 in size")
    party_length = reader.number(1, f"party length of {what}", most=MAX_PARTY_BYTES)
    party = reader.take(party_length, f"party of {what}")
    reference_length = reader.number(1, f"reference length of {what}", most=MAX_REFERENCE_BYTES)
    flow = Flow(asset, Amount(amount), account, party, reader.take(reference_length, f"reference of {what}"))
    _check_asset(reader.what, what, flow)
    if account is Account.OUTSIDE:
        _check_reference(reader.what, what, flow)
    else:
        _check_public(reader.what, what, flow)
    return flow


def _check_asset(whose: str, what: str, flow: Flow) -> None:
    is_held = flow.asset < records.HELD
    if flow.account is Account.POT and is_held and flow.asset != records.NUMERAIRE:
        raise FormatError(f"{whose}: {what} is of asset {flow.asset}, which is not what the pot holds")
    if flow.account is not Account.POT and not is_held:
        raise FormatError(f"{whose}: {what} is of asset {flow.asset}, a claim, and only held assets flow")


def _check_reference(whose: str, what: str, flow: Flow) -> None:
    if not flow.reference:
        raise FormatError(f"{whose}: {what} has no reference")
    try:
        references.check(flow.reference)
    except FormatError as error:
        raise FormatError(f"{whose}: {what}: {error}") from None


def _check_public(whose: str, what: str, flow: Flow) -> None:
    if flow.party:
        raise FormatError(f"{whose}: {what} is of a public account and names a party, which it cannot have")
    pays_fee = flow.account is Account.FEE and flow.asset == records.NUMERAIRE and flow.amount < 0
    if flow.reference and not (pays_fee and len(flow.reference) == DIGEST_BYTES):
        raise FormatError(f"{whose}: {what} has a reference, which is only the id of the order that a fee is for")
