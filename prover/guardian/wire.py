"""Requests between guardians and their answers, as JSON: read strictly, because a guardian may be anybody.

    {"ask": "ping"}                                              → {"height": n}
    {"ask": "decrypt", "places": [[height, leg], …]}             → {"partials": [partial or null, …]}
    {"ask": "commit", "count": n}                                → {"session": hex, "commitments": [commitment, …]}
    {"ask": "sign", "session": hex, "lists": [[commitment, …], …], "number": n, "draft": …}   → {"answers": [scalar, …]}
"""

from dataclasses import dataclass
from typing import Annotated, Any

from circuits.records import ASSETS, Amount
from circuits.statements import leg, seize, statement
from prover.guardian.drafts import Draft, Trade
from settlement.bundles.bundle import MAX_AMOUNT, MAX_EPOCH, MAX_EXPIRY_MS, MAX_FLOWS, MAX_SEIZURES, Account, Flow
from settlement.pool.parameters import MAX_GUARDIAN_NUMBER
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER, Point
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import dataclassjson
from zk.formats.dataclassjson import Codec
from zk.threshold.decryption import Partial
from zk.threshold.frost import Commitment
from zk.threshold.sharing import MAX_MEMBERS

MAX_PLACES = 4096
MAX_MESSAGES = MAX_SEIZURES + MAX_FLOWS + 2
SESSION_BYTES = 16

point: Codec[Point] = Codec(
    lambda value, place: babyjubjub.unpack(dataclassjson.hexadecimal(32).read(value, place), place),
    lambda one: babyjubjub.pack(one).hex(),
)
scalar = dataclassjson.decimal(0, ORDER)
index = dataclassjson.integer(1, MAX_MEMBERS)
commitment = dataclassjson.record(Commitment, {"index": index, "hiding": point, "binding": point})
partial = dataclassjson.record(Partial, {"index": index, "point": point, "challenge": scalar, "response": scalar})
place = dataclassjson.row(dataclassjson.integer(0, 2**63 - 1), dataclassjson.integer(0, 63))
places = dataclassjson.array(place, 0, MAX_PLACES)
partials = dataclassjson.array(dataclassjson.optional(partial), 0, MAX_PLACES)
commitments = dataclassjson.array(commitment, 1, MAX_MESSAGES)
lists = dataclassjson.array(dataclassjson.array(commitment, 1, MAX_MEMBERS), 1, MAX_MESSAGES)
answers = dataclassjson.array(scalar, 1, MAX_MESSAGES)
session = dataclassjson.hexadecimal(SESSION_BYTES)
count = dataclassjson.integer(1, MAX_MESSAGES)
number = dataclassjson.integer(1, MAX_GUARDIAN_NUMBER)


_change = dataclassjson.integer(1 - 2 * MAX_AMOUNT, 2 * MAX_AMOUNT - 1)


@dataclass(frozen=True)
class _Flow:
    asset: Annotated[int, dataclassjson.integer(0, ASSETS - 1)]
    amount: Annotated[int, dataclassjson.integer(1, MAX_AMOUNT)]
    account: Annotated[int, dataclassjson.one_of((0, 1, 2))]
    party: bytes
    reference: bytes


@dataclass(frozen=True)
class _Trade:
    changes: Annotated[tuple[int, ...], dataclassjson.row(*(_change,) * ASSETS)]
    beside: Annotated[int, dataclassjson.decimal(0, R)]


@dataclass(frozen=True, repr=False)
class _Draft:
    epoch: Annotated[int, dataclassjson.integer(0, MAX_EPOCH)]
    guard: Annotated[int, number]
    root: Annotated[int, dataclassjson.decimal(0, R)]
    leg: Annotated[Any, Codec(lambda value, where: statement.from_json(leg.Private, value, where), statement.to_json)]
    escrow_secret: Annotated[int, scalar]
    seizures: Annotated[tuple[Any, ...], dataclassjson.array(
        Codec(lambda value, where: statement.from_json(seize.Private, value, where), statement.to_json), 0, MAX_SEIZURES
    )]  # fmt: skip
    flows: Annotated[tuple[_Flow, ...], dataclassjson.array(dataclassjson.of(_Flow), 0, MAX_FLOWS)]
    expiry_ms: Annotated[int, dataclassjson.integer(0, MAX_EXPIRY_MS)]
    trade: Annotated[_Trade | None, dataclassjson.optional(dataclassjson.of(_Trade))]


def draft_json(draft: Draft) -> Any:
    """The JSON value of a draft."""
    flows = tuple(_Flow(one.asset, one.amount, int(one.account), one.party, one.reference) for one in draft.flows)
    return dataclassjson.write(_Draft(
        draft.epoch, draft.guard, draft.root, draft.leg, draft.escrow_secret, draft.seizures, flows, draft.expiry_ms,
        None if draft.trade is None else _Trade(draft.trade.changes, draft.trade.beside),
    ))  # fmt: skip


def read_draft(value: Any) -> Draft:
    """The draft in a JSON value.  Raises FormatError, naming the place, when it is malformed."""
    read = dataclassjson.read(_Draft, value, "the draft")
    flows = tuple(
        Flow(one.asset, Amount(one.amount), Account(one.account), one.party, one.reference) for one in read.flows
    )
    trade = None if read.trade is None else Trade(read.trade.changes, read.trade.beside)
    return Draft(
        read.epoch, read.guard, read.root, read.leg, read.escrow_secret, read.seizures, flows, read.expiry_ms, trade
    )


def field(message: dict[str, Any], name: str, codec: Codec) -> Any:
    """One field of a request or an answer.  Raises FormatError when it is missing or malformed."""
    if name not in message:
        raise FormatError(f"the message has no {name}")
    return codec.read(message[name], name)
