"""What governs a ledger: changes of its parameters, heartbeats, early expiries, checkpoints, and guardians' messages.

One governor is a liar, who signs again what he changed; it takes two.  What is read is one spelling of what it says,
and nothing but the good change is taken.
"""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.guardian import channel, wire
from prover.guardian.drafts import Draft
from settlement import engine
from settlement.bundles.bundle import Account, Flow
from settlement.checks import expiry, heartbeat
from settlement.checks.expiry import Expiry
from settlement.checks.heartbeat import Heartbeat
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.log.checkpoint import Checkpoint
from settlement.pool import governance, poolfile
from settlement.pool.governance import Change
from tests.hostile.strangers import fields, jsontext
from tests.hostile.strangers.bundles import fields_of
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import stage
from tests.hostile.strangers.target import Target
from tests.settlement.bundles import samples
from tests.simulation import market, traders
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER
from zk.errors import FormatError
from zk.threshold.frost import Commitment

LIAR = 2
RECORD = "record"


def good_change() -> dict[str, Parts]:
    """A higher penalty, signed by all governors."""
    pool, now_ms = stage().ledger.pool, stage().world.now_ms
    later = replace(pool.parameters, version=2, penalty_bps=1_500)
    change = governance.sign(pool, Change(later, now_ms + pool.governance.delay_ms, ()), samples.GOVERNOR_SECRETS)
    data = governance.encode(change)
    record = poolfile.encode_parameters(later)
    head = data[: -len(record)]
    sizes = [("magic", 4), ("time", 8), ("number of signatures", 1)]
    sizes += [part for i in range(3) for part in ((f"governor {i}", 1), (f"signature {i}", signature.ENCODED_BYTES))]
    parts, place = [], 0
    for name, size in sizes:
        parts.append((name, head[place : place + size]))
        place += size
    assert place == len(head), "a change has other fields"
    tokens = jsontext.parts(json.loads(record))
    assert fields.joined(tokens) == record, "the record is not canonical JSON"
    return {"change": parts + [(f"{RECORD}{label}", token) for label, token in tokens]}


def mend_change(parts: Parts) -> bytes:
    """Signed again by the liar."""
    read = governance.decode(fields.joined(parts))
    own = governance.sign(stage().ledger.pool, replace(read, signatures=()), [samples.GOVERNOR_SECRETS[LIAR]])
    kept = [one for one in read.signatures if one[0] != LIAR]
    return governance.encode(replace(read, signatures=tuple(sorted((*kept, *own.signatures)))))


def use_change(data: bytes, mended: bool) -> None:
    """Announces the change on a copy of the ledger."""
    with stage().copy() as path:
        with Ledger.open(path) as ledger:
            engine.govern(ledger, data, stage().world.now_ms)
            announced = ledger.reader.changes()[-1].change
        stage().check_sound(path)
    assert governance.encode(announced) == data, "the same change has two spellings"
    good = governance.decode(fields.joined(CHANGE.goods["change"]))
    assert (announced.parameters, announced.effective_ms) == (good.parameters, good.effective_ms), "one was enough"


CHANGE = Target("change", good_change, use_change, mend=mend_change)


def good_heartbeat() -> dict[str, Parts]:
    """A heartbeat of the newest epoch."""
    pool = stage().ledger.pool
    beat = Heartbeat(pool.margin.digest, 3, entropy.scalar(ORDER), samples.PROOF)
    return {"heartbeat": fields_of(heartbeat.decode, heartbeat.encode(beat))}


def use_heartbeat(data: bytes, _: bool) -> None:
    """Reads it."""
    assert heartbeat.encode(heartbeat.decode(data)) == data, "the same heartbeat has two spellings"


HEARTBEAT = Target("heartbeat", good_heartbeat, use_heartbeat)


def good_expiry() -> dict[str, Parts]:
    """Figures for the perpetual, signed by the guardians."""
    unsigned = Expiry(market.PERPETUAL, 3, -5, 10**6, 2_490, samples.UNSIGNED)
    secret, message = samples.SEIZING_SECRET, expiry.message(stage().ledger.ledger_id, unsigned)
    signed = replace(unsigned, signature=signature.sign(secret, message))
    return {"expiry": fields_of(expiry.decode, expiry.encode(signed))}


def use_expiry(data: bytes, _: bool) -> None:
    """Reads it, and would the guardians have signed it?"""
    read = expiry.decode(data)
    assert expiry.encode(read) == data, "the same expiry has two spellings"
    message = expiry.message(stage().ledger.ledger_id, read)
    signature.verify(signature.public(samples.SEIZING_SECRET), message, read.signature)
    good = expiry.decode(fields.joined(EXPIRY.goods["expiry"]))
    assert message == expiry.message(stage().ledger.ledger_id, good), "nobody signed these figures"


EXPIRY = Target("expiry", good_expiry, use_expiry)


def good_checkpoint() -> dict[str, Parts]:
    """The operator's checkpoint, line by line."""
    last = stage().ledger.reader.last_event()
    name = checkpoint.origin(stage().ledger.ledger_id)
    secret = Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET)
    text = checkpoint.sign(Checkpoint(name, last.height + 1, last.digest), secret)
    lines = text.encode().splitlines(keepends=True)
    return {"checkpoint": [(f"line {place}", line) for place, line in enumerate(lines)]}


def use_checkpoint(data: bytes, _: bool) -> None:
    """Verifies it, and finds the ledger's own root in it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise FormatError("the checkpoint is not text") from None
    read = checkpoint.verify(text, checkpoint.key(stage().ledger.pool))
    last = stage().ledger.reader.last_event()
    assert (read.size, read.root) == (last.height + 1, last.digest), "the operator did not sign this"


CHECKPOINT = Target("checkpoint", good_checkpoint, use_checkpoint)


@cache
def draft() -> Draft:
    """A draft of one guardian for the others: the account in breach, and the leg that takes it over."""
    world = stage().world
    one = market.seized(world, stage().poor)
    leg = traders.make_all(world.ledger, world.notary, [market.taken_over(world, one)])[0]
    private = world.notary.private(leg.leg.proof)
    flow = Flow(0, 5, Account.FEE, b"", b"")
    seize = world.notary.private(one.seizure.proof)
    return Draft(3, 1, leg.leg.root, private, 77, (seize,), (flow,), world.now_ms + 1_000)


def good_messages() -> dict[str, Parts]:
    """A request of each kind."""
    commitment = Commitment(1, babyjubjub.BASE8, signature.public(5))
    written = wire.commitment.write(commitment)
    asked: dict[str, Any] = {
        "decrypt": {"ask": "decrypt", "places": [[2, 0], [3, 1]]},
        "commit": {"ask": "commit", "count": 3},
        "sign": {
            "ask": "sign", "session": "00" * wire.SESSION_BYTES, "lists": [[written]], "number": 1,
            "draft": wire.draft_json(draft()),
        },
    }  # fmt: skip
    return {name: jsontext.parts(message) for name, message in asked.items()}


def use_message(data: bytes, _: bool) -> None:
    """Reads a request as a guardian does."""
    message = channel._object(data)
    if message.get("ask") == "decrypt":
        wire.field(message, "places", wire.places)
    elif message.get("ask") == "commit":
        wire.field(message, "count", wire.count)
    elif message.get("ask") == "sign":
        for name in ("session", "lists", "number"):
            wire.field(message, name, getattr(wire, name))
        if "draft" not in message:
            raise FormatError("the message has no draft")
        read = wire.read_draft(message["draft"])
        assert wire.read_draft(wire.draft_json(read)) == read, "a draft is read otherwise than it is written"
    else:
        raise FormatError("nobody asks that")


MESSAGE = Target("guardian", good_messages, use_message, change=jsontext.changed)

TARGETS = (CHANGE, HEARTBEAT, EXPIRY, CHECKPOINT, MESSAGE)
