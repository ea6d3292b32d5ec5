"""Histories with events of every kind, for tests of what is stored."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement import engine
from settlement.bundles.bundle import Account
from settlement.checks import expiry, heartbeat
from settlement.checks.expiry import Expiry
from settlement.checks.heartbeat import Heartbeat
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note, succession
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.log.succession import Succession
from settlement.orders import board
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.pool.parameters import Parameters
from settlement.risk import oracle
from settlement.storage.witnessed import Line
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, PROOF, any_proof, change, make
from tests.settlement.guarded import beside, guarded, insured, public_flow, seizure, settle, top_up
from tests.settlement.log.test_cosignatures import SECRETS, VALIDATORS
from tests.settlement.orders import boards
from zk import signature

EARLY = (9, 10)
"""The claims that expire early."""


def write(path: Path) -> None:
    """A new ledger with at least two rows in every table but the pool's.

    Epochs 1 and 2 have a heartbeat; after 4 without, two claims expire early.
    """
    with Ledger.create(path, samples.pool(grace_epochs=1, validators=VALIDATORS), NOW_MS) as ledger:
        for number in (1, 2):
            govern(ledger, number)
        for number in (1, 2):
            samples.publish(ledger)
            fees = [public_flow(0, -number, Account.FEE), public_flow(0, -number, Account.INSURANCE)]
            paid = [samples.flow(0, 4 + number), samples.flow(0, number)]
            settle(ledger, make(ledger, change(USDC=4), [*paid, *fees]))
            settle(ledger, *_seized(ledger, number))
            engine.beat(ledger, _beat(ledger, number), NOW_MS, any_proof)
        settle(ledger, make(ledger, change(ETH=7), [samples.flow(2, 7)]), make(ledger, ciphertexts=()))
        settle(ledger, top_up(ledger), top_up(ledger))
        for leg in (boards.make(ledger).leg, boards.margined(ledger).leg):
            boards.place(ledger, leg)
        for _ in range(2):
            boards.withdraw(ledger, boards.place(ledger, boards.make(ledger).leg).order_id)
        for _ in range(2):
            samples.publish(ledger)
        for claim in EARLY:
            engine.expire(ledger, expiring(ledger, claim), NOW_MS)
        height = ledger.reader.last_event().height
        ledger.witnessed.keep([cosigned(ledger, height, place) for place in (0, 1)], 0)
        for number in (1, 2):
            ledger.witnessed.succeed(number, succeeded(ledger, number))
        assert len(board.listed(ledger, NOW_MS, stale=True)) == 2


def govern(ledger: Ledger, number: int) -> None:
    """Announces a change of the parameters that comes into force long after the history."""
    effective_ms = NOW_MS + number * 10**9
    changed: Parameters = replace(ledger.pool.parameters, version=1 + number, penalty_bps=number)
    signed = governance.sign(ledger.pool, Change(changed, effective_ms, ()), samples.GOVERNOR_SECRETS[:2])
    engine.govern(ledger, governance.encode(signed), NOW_MS)


def succeeded(ledger: Ledger, number: int) -> str:
    """A succession after the newest event, to a key of its own, that all of VALIDATORS have signed."""
    named = finality.named(ledger, ledger.reader.last_event().height + 1)
    secret = Ed25519PrivateKey.from_private_bytes(bytes([100 + number] * 32))
    made = Succession(number, named.size, named.root, Key(named.origin, secret.public_key().public_bytes_raw()))
    pairs = zip(VALIDATORS.members, SECRETS, strict=True)
    return succession.merge([succession.sign(str(made), each.name, secret, 1) for each, secret in pairs])


def cosigned(ledger: Ledger, height: int, place: int, time_s: int = 1_800_000_000) -> Line:
    """The cosignature of the checkpoint after the event at a height, by the validator at a place of VALIDATORS."""
    event = ledger.reader.event(height)
    assert event is not None
    named, signer = Checkpoint(checkpoint.origin(ledger.ledger_id), height + 1, event.digest), VALIDATORS.members[place]
    signed = checkpoint.sign(named, Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET))
    text = cosignature.cosign(signed, signer.name, SECRETS[place], time_s)
    return Line(height, signer.public, note.signatures_by(text, cosignature.key(signer))[1][0])


def expiring(ledger: Ledger, claim: int) -> bytes:
    """The early expiry of a claim at its newest price, which a deficit makes smaller."""
    newest = ledger.reader.grids(1)[0].publication
    rate = expiry.rate(newest.prices[claim], newest.prices[8], 10, 7)
    figures = Expiry(claim, newest.epoch, 10, 7, rate, samples.UNSIGNED)
    signed = signature.sign(samples.SEIZING_SECRET, expiry.message(ledger.ledger_id, figures))
    return expiry.encode(replace(figures, signature=signed))


def _seized(ledger: Ledger, number: int) -> list[samples.Made]:
    """A seizure, the insurance that takes the portfolio over, and somebody else's trade on margin."""
    loss = change(USDC=-number, **{"ETH-PERP": number})
    return beside(ledger, seizure(ledger, loss), insured(ledger, tuple(-n for n in loss)), guarded(ledger))


def _beat(ledger: Ledger, epoch: int) -> bytes:
    account = ledger.reader.insurance()
    assert account is not None
    return heartbeat.encode(Heartbeat(ledger.pool.margin.digest, epoch, account, PROOF))


def remember_publications(monkeypatch) -> None:
    """Lets an audit compute each publication once: hundreds of audits of one history meet the same few."""
    check, known = oracle.check, {}

    def remembered(pool, parameters, rates, quoted, previous, now_ms):
        asked = parameters, tuple(rates.items()), tuple(quoted), previous, now_ms
        if asked not in known:
            known[asked] = check(pool, parameters, rates, quoted, previous, now_ms)
        return known[asked]

    monkeypatch.setattr(oracle, "check", remembered)
