"""A validator: it follows a ledger, checks every event, and cosigns the checkpoints that follow from them.

A cosignature says that its signer replayed every event up to the checkpoint, and that it is the largest of the log that
he has cosigned; so a validator signs no second history, whatever it is shown (prover/network/mirrors/mirror.py refuses
that and leaves evidence) and whatever happens to its machine (prover/network/mirrors/duty.py).  Validators sign the
checkpoint that the service says the others sign, so that they agree on one while the log grows; each signs again after
REPEAT_S.

Against an operator who has shown two histories, or an event that should have been refused, it keeps the evidence, and
cosigns nothing more that this key signs, until the validators name another operator or somebody decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.network.mirrors import duty
from prover.network.mirrors.duty import Promise
from prover.network.mirrors.mirror import Forked, Mirror, decode_text
from prover.network.wire import evidence
from prover.network.wire.evidence import Evidence
from prover.network.wire.protocol import Service
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Discrepancy
from settlement.following import finality
from settlement.log import checkpoint, cosignature, fork, note
from settlement.log.checkpoint import Checkpoint
from settlement.log.succession import Succession
from zk.errors import FormatError, InvalidProof
from zk.formats import strictjson

REPEAT_S = 30
_MAX_ANSWER_BYTES = 1 << 20
_MS_PER_S = 1000
_REFUSED = "zksettle-refused@v1"


class Refusing(InvalidProof):
    """There is evidence against the operator: nothing is cosigned."""

    def __init__(self, found: Evidence):
        super().__init__(
            f"the operator's key has signed what contradicts itself or the rules ({found.name}): nothing more is"
            " cosigned for it. `zksettle ledger promote` names another operator, `zksettle validator decide` goes on"
        )
        self.found = found


@dataclass(frozen=True)
class Cosigned:
    """A checkpoint that was cosigned, and how many validators the service says have, of how many that it takes."""

    checkpoint: Checkpoint
    count: int
    quorum: int


class Validator:
    """Cosigns under this name and key what a mirror has checked.  `clock` returns the time in ms.

    `state` is the file of its promises.
    """

    def __init__(
        self, mirror: Mirror, service: Service, name: str, secret: Ed25519PrivateKey, clock: Callable[[], int],
        state: Path, verify_proofs: VerifyProofs = checks.verify_proofs,
    ):  # fmt: skip
        self._mirror, self._service, self._name, self._secret = mirror, service, name, secret
        self._clock, self._state, self._verify = clock, state, verify_proofs
        self._last: tuple[int, int] = (0, 0)  # size and time of the newest cosignature

    def step(self) -> Cosigned | None:
        """Follows the ledger and cosigns what the service asks for; None when there is nothing to cosign anew.

        Raises Refusing while there is evidence against the operator, duty.Refusal for what it may not sign, and as
        Mirror.update and Service.post do.
        """
        self.check_operator()
        try:
            # Asked for first: of a log that grows meanwhile, the copy would never have the newest checkpoint.
            signed = decode_text(self._service.get("/checkpoint/pending"))
            self._mirror.update(self._verify)
            wanted = self._wanted(signed)
        except Forked:
            self.check_operator()
            raise
        except Discrepancy as error:
            self._keep_refused(str(error))
            self.check_operator()
            raise
        time_s = self._clock() // _MS_PER_S
        if wanted is None or (wanted.size <= self._last[0] and time_s < self._last[1] + REPEAT_S):
            return None
        ledger = self._mirror.ledger
        operators = finality.operators(ledger)
        since = operators.successions[-1].size if operators.successions else 0
        if wanted.size < duty.newest(self._state, ledger.ledger_id).size and wanted.size > since:
            return None  # the others are behind
        duty.cosign(self._state, ledger.ledger_id, wanted, operators.number, since, self._root_at)
        signed = f"{wanted}\n{cosignature.line(str(wanted), self._name, self._secret, time_s)}"
        answer = self._service.post("/cosignatures", signed.encode())
        self._last = wanted.size, time_s
        finality.keep(ledger, finality.read(ledger, signed, self._clock()))
        return Cosigned(wanted, *_counts(answer))

    def sign_succession(self, made: Succession) -> str:
        """The note of a succession with this validator's signature.  Raises duty.Refusal when it may not sign it."""
        ledger = self._mirror.ledger
        number = finality.operators(ledger).number
        duty.succeed(self._state, ledger.ledger_id, made, number, self._root_at)
        line = cosignature.line(str(made), self._name, self._secret, self._clock() // _MS_PER_S)
        return f"{made}\n{line}"

    def check_operator(self) -> None:
        """Raises Refusing while there is evidence against the key of the operator in force.

        A succession that the service shows meanwhile is learnt, and ends that.
        """
        found = self._against()
        if found is not None:
            self._mirror.learn()
            found = self._against()
        if found is not None:
            raise Refusing(found)

    def check_own(self) -> None:
        """Makes the state say what the service has of this validator's signatures: it may be an older copy.

        Raises FormatError when the service's answer is malformed.
        """
        ledger = self._mirror.ledger
        document = strictjson.loads(self._service.get("/cosignatures"), "the cosignatures", _MAX_ANSWER_BYTES)
        listed = document.get("validators") if isinstance(document, dict) else None
        public = self._secret.public_key().public_bytes_raw()
        own = note.Key(self._name, public, note.COSIGNATURE)
        for each in listed if isinstance(listed, list) else []:
            text = each.get("note") if isinstance(each, dict) else None
            if not isinstance(text, str):
                continue
            try:
                cosignature.time(text, own)
            except InvalidProof:  # another's
                continue
            signed = checkpoint.parse(note.text_of(text))
            last = duty.newest(self._state, ledger.ledger_id)
            if signed.size > last.size:
                duty.recover(self._state, Promise(ledger.ledger_id, last.number, signed.size, signed.root, bytes(32)))

    def _wanted(self, signed: str) -> Checkpoint | None:
        """The checkpoint that the service asks for, of the copy's history, or None when that does not go so far."""
        wanted = finality.operators(self._mirror.ledger).verify(signed)
        if wanted.size > self._mirror.size:
            return None
        self._mirror.require_beginning(wanted, signed)
        return wanted

    def _root_at(self, size: int) -> bytes | None:
        if not 0 < size <= self._mirror.size:
            return None
        return finality.named(self._mirror.ledger, size).root

    def _against(self) -> Evidence | None:
        """Evidence against the operator in force about which nobody has decided."""
        ledger = self._mirror.ledger
        key = finality.operators(ledger).newest
        members = finality.validators(ledger, self._mirror.size)
        for each in evidence.listed(self._mirror.folder):
            try:
                if each.kind == "fork" and key.name in fork.verify(each.text, key, members).signers:
                    return each
                if each.kind == "refused":
                    checkpoint.verify(each.text.partition("\n\n")[2], key)
                    return each
            except (FormatError, InvalidProof):
                continue
        return None

    def _keep_refused(self, why: str) -> None:
        """Keeps the signed checkpoint of a history that this validator does not accept, and why."""
        signed = decode_text(self._service.get("/checkpoint"))
        named = finality.operators(self._mirror.ledger).verify(signed)
        if named.size > self._mirror.size:
            line = ascii(why)[1:-1]
            evidence.keep(self._mirror.folder, "refused", f"{_REFUSED}\n{line}\n\n{signed}")


def _counts(answer: bytes) -> tuple[int, int]:
    document = strictjson.loads(answer, "the service's answer", _MAX_ANSWER_BYTES)
    found = document if isinstance(document, dict) else {}
    count, quorum = found.get("cosigned"), found.get("quorum")
    if type(count) is not int or type(quorum) is not int:
        raise FormatError("the service's answer has no counts of cosignatures")
    return count, quorum
