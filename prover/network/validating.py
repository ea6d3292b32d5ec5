"""A validator: it follows a ledger, checks every event, and cosigns the checkpoints that follow from them.

A cosignature says that its signer replayed every event up to the checkpoint, and that it is the largest of the log that
he has seen; so a validator signs no second history, whatever it is shown (prover/network/mirror.py refuses that and
leaves evidence).  It signs a checkpoint again after REPEAT_S, because a service forgets cosignatures when it restarts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network.mirror import Mirror
from prover.network.protocol import Service
from settlement import checks
from settlement.log import cosignature
from settlement.log.checkpoint import Checkpoint
from settlement.state import VerifyProofs
from zk.errors import FormatError
from zk.formats import strictjson

REPEAT_S = 30
_MAX_ANSWER_BYTES = 4096
_MS_PER_S = 1000


@dataclass(frozen=True)
class Cosigned:
    """A checkpoint that was cosigned, and how many validators the service says have, of how many that it takes."""

    checkpoint: Checkpoint
    count: int
    quorum: int


class Validator:
    """Cosigns under this name and key what a mirror has checked.  `clock` returns the time in ms."""

    def __init__(
        self, mirror: Mirror, service: Service, name: str, secret: Ed25519PrivateKey, clock: Callable[[], int],
        verify_proofs: VerifyProofs = checks.verify_proofs,
    ):  # fmt: skip
        self._mirror, self._service, self._name, self._secret = mirror, service, name, secret
        self._clock, self._verify = clock, verify_proofs
        self._last: tuple[int, int] = (0, 0)  # size and time of the newest cosignature

    def step(self) -> Cosigned | None:
        """Follows the ledger and cosigns its newest checkpoint; None when there is nothing to cosign anew.

        Raises as Mirror.update does, and as Service.post does when the service does not take the cosignature.
        """
        newest = self._mirror.update(self._verify)
        time_s = self._clock() // _MS_PER_S
        if newest.size < self._mirror.size or (newest.size <= self._last[0] and time_s < self._last[1] + REPEAT_S):
            return None
        signed = self._mirror.kept()
        assert signed is not None, "the mirror keeps what it agrees with"
        cosigned = cosignature.cosign(signed, self._name, self._secret, time_s)
        answer = self._service.post("/cosignatures", cosigned.encode())
        self._last = newest.size, time_s
        return Cosigned(newest, *_counts(answer))


def _counts(answer: bytes) -> tuple[int, int]:
    document = strictjson.loads(answer, "the service's answer", _MAX_ANSWER_BYTES)
    found = document if isinstance(document, dict) else {}
    count, quorum = found.get("cosigned"), found.get("quorum")
    if type(count) is not int or type(quorum) is not int:
        raise FormatError("the service's answer has no counts of cosignatures")
    return count, quorum
