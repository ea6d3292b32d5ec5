"""Who watches a ledger's operator: validators replay every event, and cosign the log's checkpoints.

A checkpoint that `quorum` of them cosigned is *final*: an operator who shows another history to somebody needs
2·quorum − members liars among them, so the quorum is more than half.  A pool without validators has nothing final, and
whoever trades in it trusts the operator not to show two histories; nobody need trust anybody about anything else,
because every bundle's proofs can be verified by everybody (settlement.audit.audit).
"""

from dataclasses import dataclass

from settlement.wellformed import check_key_name, check_range, require

MAX_VALIDATORS = 32
KEY_BYTES = 32


@dataclass(frozen=True)
class Validator:
    """A validator's name, which its cosignatures show, and its Ed25519 public key.

    Raises FormatError when one of them is malformed.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        require(len(self.public) == KEY_BYTES, f"a validator's public key must have {KEY_BYTES} bytes")


@dataclass(frozen=True)
class Validators:
    """The validators of a pool; `quorum` of them make a checkpoint final.  Without members the quorum is 0.

    Raises FormatError, naming what is wrong, when the parts do not belong together.
    """

    members: tuple[Validator, ...]
    quorum: int

    def __post_init__(self) -> None:
        count = len(self.members)
        require(count <= MAX_VALIDATORS, f"there are {count} validators, more than {MAX_VALIDATORS}")
        require(len({each.name for each in self.members}) == count, "two validators have the same name")
        require(len({each.public for each in self.members}) == count, "two validators have the same key")
        check_range(self.quorum, count // 2 + 1 if count else 0, count, "the quorum of the validators")


NOBODY = Validators((), 0)
"""Nobody watches the operator, and nothing is final."""
