"""A connection to a proving queue, for commands that want proofs from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.circom.witnesses import Witness
from prover.cli.farm.options import Asked
from prover.cli.frame import screen
from prover.cli.frame.command import App
from prover.farm import client, pins
from prover.farm.submitter import Submitter
from prover.machine import files
from prover.proofs import purposes
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from zk.groth16.keys import Proof


@contextmanager
def opened(app: App, url: str, key: str | None) -> Iterator[Submitter]:
    """A submitter to the queue, whose key is `key`, or the one that this home knows; the first one is noted.

    Raises FormatError when the queue has another key, or there is no queue, and Unavailable.
    """
    home = app.home
    if key is None:
        files.make_folder(home.path)
    with Submitter.open(url, lambda offered: pins.pinned(home.path, url, key, offered), screen.tell) as submitter:
        yield submitter


@contextmanager
def proving(app: App, asked: Asked, keystore: Keystore) -> Iterator[None]:
    """In this block the queue proves for the keystore, which raises NotProved instead of proving here.

    Raises as `opened`.
    """
    with opened(app, asked.url, asked.key) as submitter, purposes.serving(_purpose(asked)):
        keystore.farm = client.Farm(submitter, keystore, asked.timeout_s * 1000, is_only=True)
        try:
            yield
        finally:
            keystore.farm = None


def prove_zkey(submitter: Submitter, asked: Asked, zkey: Path, witness: Witness) -> tuple[Proof, list[int]]:
    """A proof of a circom circuit, which has verified, and its public inputs.  Raises as client.prove_zkey."""
    return client.prove_zkey(submitter, zkey, witness, _purpose(asked), asked.timeout_s * 1000)


def _purpose(asked: Asked) -> Purpose:
    return Purpose[asked.priority.upper()]
