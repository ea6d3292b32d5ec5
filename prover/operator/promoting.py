"""Another operator without the old one's key: propose a succession, let the validators sign it, take over.

    propose    in the successor's home, which has a full copy: makes its log key, and says after which event it begins
    sign       in each validator's home (prover.network.mirrors.validating, prover.network.mirrors.duty)
    finish     in the successor's home: the quorum's signatures make its copy the ledger; what came after is void
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.network.mirrors import cutting, opening
from prover.network.mirrors.cutting import Resent, Void
from prover.network.wire import succeeding
from prover.operator import operatorkey
from settlement import engine
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.events import BUNDLE, EXPIRY, GRIDS, INSURANCE, PARAMETERS
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, succession
from settlement.log.note import Key
from settlement.log.succession import Succession
from settlement.risk import quotes
from zk.errors import FormatError


@dataclass(frozen=True)
class Promoted:
    """The succession by which the home's ledger is the one, and what became of events that were void."""

    succession: Succession
    resent: Resent | None


def propose(home: Home, size: int | None, number: int | None, url: str | None) -> Succession:
    """The succession of this home after its newest event, or `size` of them, with a key that is made if need be.

    Raises FormatError when the home has no full copy of a ledger that somebody else operates, or lacks the events.
    """
    home.check_pool()
    joined = opening.joined(home.pool)
    if joined is None or joined.is_light:
        raise FormatError("only a home with a full copy of somebody else's ledger can propose to take it over")
    with homes.changing(home), Ledger.open(home.ledger, read_only=True) as ledger:
        named = finality.named(ledger, ledger.reader.last_event().height + 1 if size is None else size)
        if named.size < finality.size(ledger):
            raise FormatError(f"{finality.size(ledger)} events are final: no validator signs what makes them void")
        if not home.pool.operator.exists():
            operatorkey.create(home.pool.operator)
        public = operatorkey.public(operatorkey.read(home.pool.operator))
        next_number = finality.operators(ledger).number + 1
        return Succession(number or next_number, named.size, named.root, Key(named.origin, public), url)


def finish(
    home: Home, notes: Sequence[str], now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> tuple[Promoted, str]:  # fmt: skip
    """Makes this home's copy the ledger, of which it is the operator; returns also the note that says so.

    What the copy has beyond the succession is void, and is settled again here if it still holds.  Raises FormatError
    when the notes are malformed or of another home's key, and InvalidProof when too few validators signed.
    """
    home.check_pool()
    with homes.changing(home), Ledger.open(home.ledger) as ledger:
        merged = succession.merge(notes)
        made = succession.parse(merged, checkpoint.origin(ledger.ledger_id))
        if not home.pool.operator.exists() or made.key.public != _public(home):
            raise FormatError("the succession names another key than this home's: finish it where it was proposed")
        if succeeding.find_new(ledger, merged, home.pool.path) is not None:
            succeeding.check(ledger, merged, made)
            void = None
            if made.size <= ledger.reader.last_event().height:
                void = cutting.cut(ledger, home.pool.path, made.size)
            ledger.witnessed.succeed(made.number, merged)
        else:
            void = next(iter(_left(home, made.size)), None)
        files.replace(home.pool.promoted, merged.encode(), files.PUBLIC_FILE)
        home.pool.joined.unlink(missing_ok=True)  # from here on the ledger is here
        resent = None if void is None else settle_again(ledger, void, now_ms, verify_proofs)
    return Promoted(made, resent), merged


def settle_again(
    ledger: Ledger, void: Void, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> Resent:  # fmt: skip
    """Settles in this home's own ledger what is void and still holds."""
    return cutting.resend(void, _Own(ledger, now_ms, verify_proofs).post)


def signer(home: Home, ledger: Ledger) -> Ed25519PrivateKey:
    """The key under which this home signs the ledger's checkpoints.  Raises FormatError unless it is in force."""
    secret = operatorkey.read(home.pool.operator)
    operators = finality.operators(ledger)
    if operatorkey.public(secret) == operators.newest.public:
        return secret
    if operators.number == 0:
        raise FormatError(f"the key in {home.pool.operator} is not the operator's that the pool names")
    made = operators.successions[-1]
    raise FormatError(opening.superseded(made))


def _public(home: Home) -> bytes:
    return operatorkey.public(operatorkey.read(home.pool.operator))


def _left(home: Home, size: int) -> list[Void]:
    """What an interrupted `finish` has cut."""
    return [Void(path, size) for path in sorted(home.pool.path.glob(f"void-{size}-*.sqlite"))]


@dataclass(frozen=True)
class _Own:
    """Settles in the home's own ledger what a service would be sent."""

    ledger: Ledger
    now_ms: int
    verify_proofs: VerifyProofs

    def post(self, path: str, data: bytes) -> bytes:
        """Does what the service's route does.  Raises Rejected."""
        ledger, now_ms, verify = self.ledger, self.now_ms, self.verify_proofs
        kind = next(kind for kind, route in cutting.PATHS.items() if route == path)
        if kind == BUNDLE:
            engine.submit(ledger, data, now_ms, verify)
        elif kind == GRIDS:
            engine.publish(ledger, quotes.decode(data), now_ms)
        elif kind == PARAMETERS:
            engine.govern(ledger, data, now_ms)
        elif kind == INSURANCE:
            engine.beat(ledger, data, now_ms, verify)
        else:
            assert kind == EXPIRY, "there are no other kinds"
            engine.expire(ledger, data, now_ms)
        return b""
