"""A light mirror: a home's copy of a ledger that takes from the pool's validators that the ledger's rules were kept.

    final checkpoint    signed by the operator, and cosigned by the quorum of the validators in force; nothing beyond it
    entries, data       as of a full mirror (prover/network/mirrors/mirror.py), whole files from where the copy ends;
                        checked to be what the checkpoint covers, byte for byte, but not to be right
                        (settlement.following.lightfollowing)

A quorum of validators that lies can have it hold a false history, but not two, and what is false stays in it for every
full mirror to see.  `zksettle pool join --full` checks everything that was taken on trust, and asks nobody for it.

Who the validators are follows from the changes of the parameters, which the governors signed, so these are read first,
also those that are newer than the copy.
"""

import gc
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from prover.machine import files
from prover.network.mirrors import fetching
from prover.network.mirrors.mirror import KEPT, Mirror, decode_text
from prover.network.wire.refusals import NotFound
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Discrepancy, Unavailable
from settlement.following import finality, lightfollowing
from settlement.following.following import Received
from settlement.log import cosignature
from settlement.log.checkpoint import Checkpoint
from settlement.log.tiles import DATA_WIDTH
from settlement.pool.pool import Pool
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.runtime.progress import Progress, silent

_RARELY = (50_000, 20, 50)
"""How often Python looks for cycles among a batch's small objects, of which there are none: 0.8 of 14.9 s."""

BATCH = 256 * DATA_WIDTH
"""Events that are recorded in one transaction: whole files of data, which are fetched while those before are taken."""

FINAL = "/checkpoint/final"


def check_validators(pool: Pool, validators: Validators) -> None:
    """Raises FormatError when nobody cosigns the checkpoints of this pool, and so nobody could be trusted."""
    if not validators.quorum:
        raise FormatError(
            f"the pool {pool.name!r} has no validators, whom a light copy would have to trust: join it without --light"
        )


@dataclass(frozen=True)
class LightMirror(Mirror):
    """A copy of a ledger that takes only what is final, and that without checking the ledger's rules.

    `is_light` says whether the copy is one still: `joining.complete` makes it a full one, which must have nothing that
    was not checked.
    """

    is_light: Callable[[], bool] = lambda: True

    def update(
        self, verify_proofs: VerifyProofs = checks.verify_proofs, progress: Progress = silent
    ) -> Checkpoint:  # fmt: skip
        """Takes what is new up to the newest final checkpoint, and returns that.

        Raises as Mirror.update does; FormatError also when the copy is no light one any more, InvalidProof also when
        the checkpoint does not have the validators' quorum, and errors.Unavailable when nothing is final yet.
        """
        try:
            signed = decode_text(self.fetch(FINAL))
        except NotFound:
            check_validators(self.ledger.pool, finality.validators(self.ledger, self.size))
            with suppress(NotFound):  # where a copy without its operator's signature is served
                self.learn()  # of another operator, who may have something final to show
            raise Unavailable(
                "no checkpoint of the ledger is final yet, and a light copy takes nothing before its validators have"
                " cosigned it: try again, or join without --light"
            ) from None
        with self._alone():
            if not self.is_light():
                raise FormatError("the light copy here has become a full one meanwhile: run the command again")
            self._learn(signed)
            newest = finality.operators(self.ledger).verify(signed)
            start = self.size
            if newest.size <= start:
                self.require_beginning(newest, signed)
                self._require_final(newest, signed, finality.validators(self.ledger, newest.size))
            else:
                leaves = self._leaves(newest, signed, start)
                self._require_final(newest, signed, self._validators(leaves, start, newest.size))
                self._take(newest, leaves, start, progress)
            if newest.size >= start and signed != self.kept():
                finality.keep(self.ledger, finality.read(self.ledger, signed, 0))
                files.replace(self.folder / KEPT, signed.encode(), files.PUBLIC_FILE)
        return newest

    def _require_final(self, newest: Checkpoint, signed: str, validators: Validators) -> None:
        """Raises InvalidProof unless the quorum of these validators cosigned the checkpoint."""
        check_validators(self.ledger.pool, validators)
        if not cosignature.is_final(signed, validators):
            raise InvalidProof(
                f"the service calls a checkpoint of {newest.size} events final, which"
                f" {len(cosignature.times(signed, validators))} of the pool's validators cosigned, and it takes"
                f" {validators.quorum}: nothing was taken"
            )

    def _take(self, newest: Checkpoint, leaves: Sequence[bytes], start: int, progress: Progress) -> None:
        """Records what the leaves stand for, a batch at a time."""
        threshold = gc.get_threshold()
        gc.set_threshold(*_RARELY)
        try:
            taken = 0
            for sent in fetching.sent(self.fetch, start, newest.size, BATCH):
                received = [Received(*one) for one in zip(leaves[taken : taken + len(sent)], sent, strict=True)]
                try:
                    lightfollowing.follow(self.ledger, received)
                except sqlite3.IntegrityError as error:  # the tables themselves refuse an account that is spent twice
                    raise Discrepancy(
                        f"the validators cosigned a history that no ledger can have: {error}. Nothing of it was taken"
                    ) from error
                taken += len(sent)
                progress(taken, len(leaves))
        finally:
            gc.set_threshold(*threshold)
        self.ledger.rest()
