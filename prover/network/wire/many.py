"""Many things for a board in one request, each answered as if it had come alone.

    many   = "zkM1" │ number 2 │ each of them: length 2 │ bytes of a posting, of a withdrawal or of a margin
    margin = "zkN1" │ order id 32 │ the order's new margin

Numbers are big-endian; postings and withdrawals are those of prover.network.wire.postings.  A service answers with as
many JSON objects, in the same order: what it answers to one of them alone, or the problem of that.
"""

from collections.abc import Sequence

from prover.network.wire import postings
from prover.network.wire.protocol import Service
from settlement.bundles import encoding
from settlement.bundles.bundle import Margin
from settlement.errors import Unavailable
from settlement.fieldreader import FieldReader
from settlement.ids import OrderId
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError
from zk.formats import strictjson

MANY_MAGIC, MARGIN_MAGIC = b"zkM1", b"zkN1"
MAX_MANY = 64
"""How many one request has: the service does all of them in one step, and everybody else waits meanwhile."""

MAX_BYTES = len(MANY_MAGIC) + 2 + MAX_MANY * (2 + postings.MAX_POSTING_BYTES)
MAX_ANSWER_BYTES = 128 << 10
PATH = "/orders/many"
_MAX_DETAIL = 1_000


def encode(many: Sequence[bytes]) -> bytes:
    """MAX_MANY of these at most."""
    assert len(many) <= MAX_MANY, "more go in several requests"
    return b"".join([
        MANY_MAGIC, len(many).to_bytes(2, "big"), *(len(each).to_bytes(2, "big") + each for each in many)
    ])  # fmt: skip


def decode(data: bytes) -> list[bytes]:
    """The bytes of each.  Raises FormatError; what is in them nobody has looked at."""
    reader = FieldReader(data, "the request")
    reader.magic(MANY_MAGIC, {})
    found = []
    for number in range(reader.number(2, "number of things", most=MAX_MANY)):
        length = reader.number(2, f"length of thing {number}", most=postings.MAX_POSTING_BYTES)
        found.append(reader.take(length, f"bytes of thing {number}"))
    reader.finish()
    return found


def encode_margin(order_id: OrderId, margin: Margin) -> bytes:
    """The bytes that give an order another margin."""
    return MARGIN_MAGIC + order_id + encoding.encode_margin(margin)


def decode_margin(data: bytes) -> tuple[OrderId, Margin]:
    """The order's id and its new margin.  Raises FormatError; the board checks what is in it."""
    reader = FieldReader(data, "the margin")
    reader.magic(MARGIN_MAGIC, {})
    order_id = OrderId(reader.digest("id of the order"))
    margin = reader.take(encoding.MARGIN_BYTES, "margin")
    reader.finish()
    return order_id, encoding.decode_margin(margin)


def post(service: Service, many: Sequence[bytes]) -> list[Rejected | Unavailable | None]:
    """Sends many things to a service's board: why each was refused, if it was, or that it is not known.

    Raises what Service.post raises for a refusal that is not that of one of them.  When the service does not answer, it
    is asked no more.
    """
    answers: list[Rejected | Unavailable | None] = []
    for start in range(0, len(many), MAX_MANY):
        part = many[start : start + MAX_MANY]
        try:
            answers += decode_answers(service.post(PATH, encode(part)), len(part))
        except Unavailable as away:
            return answers + [away] * (len(many) - len(answers))
    return answers


def decode_answers(data: bytes, count: int) -> list[Rejected | None]:
    """Why each of so many was refused, if it was.  Raises FormatError."""
    document = strictjson.loads(data, "the answer", MAX_ANSWER_BYTES)
    answers = strictjson.has_keys(document, {"answers"}, "the answer")["answers"]
    if not isinstance(answers, list) or len(answers) != count:
        raise FormatError(f"the answer is not about {count} things")
    return [_refusal(each) for each in answers]


def _refusal(answer: object) -> Rejected | None:
    if not isinstance(answer, dict):
        raise FormatError("the answer has something else in the place of an object")
    name, number, detail = answer.get("name"), answer.get("rejection"), answer.get("detail")
    if name is None and isinstance(answer.get("order"), str):
        return None
    if not isinstance(name, str) or name not in Rejection.__members__ or Rejection[name].value != number:
        raise FormatError("the answer has a refusal that no ledger has")
    return Rejected(Rejection[name], ascii(detail)[1:-1][:_MAX_DETAIL] if isinstance(detail, str) else "")
