"""Cosignatures of checkpoints (c2sp.org/tlog-cosignature, cosignature/v1).

Whoever cosigns says that, at a time, this was the largest checkpoint of the log that it had seen, and that it begins
with every earlier one.  A validator of ours says with it that it replayed every event besides.  The line's signature is
the time in seconds, 8 bytes, and the Ed25519 signature of

    cosignature/v1
    time 1679315147
    (the checkpoint's text, with its last newline)

under a key whose id has the number 4 (settlement.log.note).  A checkpoint that the quorum of a pool's validators
cosigned is final.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.log import note
from settlement.log.note import COSIGNATURE, SIGNATURE_BYTES, Key
from settlement.pool.validators import Validator, Validators
from zk.errors import FormatError, InvalidProof

TIME_BYTES = 8
MAX_TIME_S = 2**63 - 1


def key(validator: Validator) -> Key:
    """The key of a validator's cosignatures."""
    return Key(validator.name, validator.public, COSIGNATURE)


def cosign(signed: str, name: str, secret: Ed25519PrivateKey, time_s: int) -> str:
    """A signed checkpoint with one more line, the cosignature under this name and key at a time in Unix seconds.

    Raises FormatError when the checkpoint is malformed.  What the cosigner claims by it is for the caller to check.
    """
    return signed + line(note.text_of(signed), name, secret, time_s)


def line(text: str, name: str, secret: Ed25519PrivateKey, time_s: int) -> str:
    """The line of a cosignature of a note's text."""
    own = Key(name, secret.public_key().public_bytes_raw(), COSIGNATURE)
    return note.line(own, time_s.to_bytes(TIME_BYTES, "big") + secret.sign(_message(text, time_s)))


def time(signed: str, key: Key) -> int:
    """The time in Unix seconds at which this key cosigned the checkpoint, the newest when it did so more than once.

    Raises FormatError when the note is malformed, and InvalidProof when the key has not cosigned it.
    """
    text, signatures = note.signatures_by(signed, key)
    times = []
    for signature in signatures:
        if len(signature) != TIME_BYTES + SIGNATURE_BYTES:
            raise FormatError(f"a cosignature of {key.name} does not have {TIME_BYTES + SIGNATURE_BYTES} bytes")
        time_s = int.from_bytes(signature[:TIME_BYTES], "big")
        if time_s > MAX_TIME_S:
            raise FormatError(f"the time of a cosignature of {key.name} is out of range")
        note.check(key, signature[TIME_BYTES:], _message(text, time_s))
        times.append(time_s)
    return max(times)


def times(signed: str, validators: Validators) -> dict[str, int]:
    """The time at which each of these validators cosigned the checkpoint, by name; who did not is left out.

    A line that carries a validator's name and a wrong signature counts as none: anybody can add such a line.
    Raises FormatError when the note is malformed.
    """
    note.text_of(signed)
    found = {}
    for validator in validators.members:
        try:
            found[validator.name] = time(signed, key(validator))
        except (FormatError, InvalidProof):
            continue
    return found


def is_final(signed: str, validators: Validators) -> bool:
    """Whether the quorum of these validators cosigned the checkpoint.  Raises FormatError when it is malformed."""
    return 0 < validators.quorum <= len(times(signed, validators))


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
