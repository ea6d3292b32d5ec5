"""The proving keys on this machine: development keys, generated on first use, and installed keys of ceremonies.

    KEYS/STATEMENT-FINGERPRINT/                         a development key, in the form of prover/proofs/keyfolder.py
    KEYS/ceremony-TRANSCRIPT/STATEMENT-FINGERPRINT/     a key of the ceremony whose transcript has this digest

A single party that generates a key could keep the secret that forges proofs.  So a key generated here is a development
key, and its manifest says so; its randomness comes from the operating system and is not stored.  A ceremony's key is
never generated here: it is installed from a verified transcript, whose digest its manifest names.  A key's folder
appears complete, by one rename.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from circuits import registry
from prover.machine import arrayfolder, files, tasks
from prover.proofs import keyfolder
from prover.proofs.keyfolder import Key
from prover.proofs.nearby import Nearby
from prover.proofs.purposes import Purpose
from settlement.pool.pool import Pool, StatementKey
from zk.errors import FormatError
from zk.groth16 import keys
from zk.groth16.keys import Proof, VerifyingKey
from zk.groth16.provingkey import ProvingKey

CEREMONY_FOLDER = "ceremony-"
OWN_INPUTS = {"margin": 1}
"""How many of a statement's public inputs are its own, where the others, which come last, are shared by many proofs."""
NAME_DIGITS = 16  # of a digest in the name of a folder


class Farm(Protocol):
    """Other machines, which prove for whoever asks them (prover/farm)."""

    def prove(
        self, key: Key, public: Any, private: Any, purpose: Purpose, verify: Callable[[Proof], None]
    ) -> Proof | None:
        """A proof that `verify` has not raised InvalidProof for; None when they make none now, so that it is made here.

        Threads may use it at once.
        """


class Keystore:
    """The keys in one folder: the development keys, or those of the ceremony whose transcript has this digest.

    `now_ms` is written into keys that are generated now.  `nearby` has what makes the next proofs take less.  A `farm`
    makes the proofs that `pipeline.prove` is asked for.
    """

    def __init__(self, folder: Path, now_ms: int, transcript: str | None = None):
        self._folder = folder if transcript is None else folder / f"{CEREMONY_FOLDER}{transcript[:NAME_DIGITS]}"
        self._now_ms = now_ms
        self._opened: dict[str, Key] = {}
        self._folded: dict[str, tuple[tuple[int, ...], VerifyingKey]] = {}
        self.nearby = Nearby()
        self.farm: Farm | None = None
        self.transcript = transcript

    @property
    def origin(self) -> str:
        """The origin of the keys, in words."""
        if self.transcript is None:
            return "a development key made by one party"
        return f"a key of ceremony {self.transcript[:NAME_DIGITS]}"

    def folder(self, name: str) -> Path:
        """The folder of the statement's key, whether or not it exists."""
        return self._folder / _name(name)

    def open(self, name: str) -> Key:
        """The statement's key.  A missing development key is generated, which takes seconds.

        Raises FormatError when the folder is damaged or for another statement, and when a ceremony's key is missing.
        """
        if name not in self._opened:
            folder = self.folder(name)
            if not folder.exists():
                self._generate(name, folder)
            self._opened[name] = keyfolder.read(name, folder, self.transcript)
        return self._opened[name]

    def verify(self, name: str, public: Sequence[int], proof: Proof) -> None:
        """Verifies a proof under the statement's key.  Raises InvalidProof.

        Public inputs that many proofs share, such as a grid, are folded into the key once.
        """
        from zk.groth16 import verifier

        key, shared = self.open(name).verifying, tuple(public[OWN_INPUTS[name]:]) if name in OWN_INPUTS else ()
        if shared:
            folded = self._folded.get(name)
            if folded is None or folded[0] != shared:
                folded = self._folded[name] = shared, verifier.fix(key, shared)
            key = folded[1]
        verifier.verify(key, public[: len(public) - len(shared)], proof)

    def statement_key(self, name: str) -> StatementKey:
        """The part of this key that a pool contains."""
        key = self.open(name)
        return StatementKey(name, key.fingerprint, key.verifying, self.transcript)

    def install(self, name: str, proving: ProvingKey) -> bool:
        """Installs a key that is not made here: a ceremony's, which the caller has verified, or a development key.

        Returns whether it is new.  Raises FormatError when another key is in its place.
        """
        folder = self.folder(name)
        is_new = self._place(name, folder, lambda: proving)
        if keys.digest(self.open(name).verifying) != keys.digest(proving.verifying):
            raise FormatError(f"there is another {name} key in {folder}: remove that folder")
        return is_new

    def check_pool(self, pool: Pool) -> None:
        """Raises FormatError when the pool has other keys, or when these are gone, because new ones would not help."""
        for key in pool.keys:
            if key.transcript != self.transcript:
                raise FormatError(f"the {key.statement} key of this ledger's pool is of another origin: {key.origin}")
            if not self.folder(key.statement).exists():
                raise FormatError(
                    f"there is no {key.statement} key in {self._folder}: restore that folder, for a new key would "
                    "not be the one this ledger's pool verifies with"
                )
            if self.statement_key(key.statement).digest != key.digest:
                raise FormatError(
                    f"the {key.statement} key in {self.folder(key.statement)} is not the one this ledger's pool "
                    "verifies with: put the pool's key folder there, or create a new pool"
                )

    def _generate(self, name: str, folder: Path) -> None:
        if self.transcript is not None:
            raise FormatError(
                f"there is no {name} key of ceremony {self.transcript[:NAME_DIGITS]} in {self._folder}: "
                "`zksettle ceremony install` installs it from the transcript"
            )
        self._place(name, folder, lambda: _generate(name))

    def _place(self, name: str, folder: Path, proving: Callable[[], ProvingKey]) -> bool:
        """Creates the folder of a key, completely or not at all.  Returns whether it is new."""
        files.make_folder(self._folder)
        with files.locked(folder, f"the {name} key", wait_s=-1):
            if folder.exists():  # another process created it while this one waited
                return False
            for leftover in self._folder.glob(f"{arrayfolder.UNFINISHED}{name}-*"):
                shutil.rmtree(leftover)
            with arrayfolder.creating(folder, f"{name}-") as unfinished:
                keyfolder.write(name, unfinished, proving(), self.transcript, self._now_ms)
        return True


def of_pool(folder: Path, now_ms: int, pool: Pool) -> Keystore:
    """The keystore that a pool's proofs need."""
    return Keystore(folder, now_ms, pool.leg.transcript)


def confirms(folder: Path, pool: Pool) -> bool:
    """Whether the pool's keys were verified and installed here from the ceremony that it names."""
    transcript = pool.leg.transcript
    if transcript is None:
        return False
    keystore = Keystore(folder, 0, transcript)
    return all(
        keyfolder.holds(key.statement, keystore.folder(key.statement), transcript, key.verifying)
        for key in pool.keys
    )


def best(folder: Path, now_ms: int) -> Keystore:
    """The keys of the ceremony that was installed last, or the development keys when none was."""
    transcripts = installed(folder)
    return Keystore(folder, now_ms, transcripts[-1] if transcripts else None)


def installed(folder: Path) -> list[str]:
    """The transcripts of the ceremonies that have a key for every statement here, the last installed last.

    It skips folders whose manifest is not readable.
    """
    ceremonies = []
    for path in folder.glob(f"{CEREMONY_FOLDER}*"):
        try:
            manifests = [keyfolder.read_manifest(name, path / _name(name)) for name in registry.names()]
            origins = {manifest.origin for manifest in manifests}
            transcript = origins.pop().removeprefix(keyfolder.CEREMONY)
            if not origins and path.name == f"{CEREMONY_FOLDER}{transcript[:NAME_DIGITS]}":
                ceremonies.append((max(manifest.made_ms for manifest in manifests), transcript))
        except (FormatError, OSError):
            continue
    return [transcript for _, transcript in sorted(ceremonies)]


def _name(name: str) -> str:
    """The name of the folder of a statement's key."""
    return f"{name}-{registry.pinned(name)[:NAME_DIGITS]}"


def _generate(name: str) -> ProvingKey:
    from zk.groth16 import generator

    with tasks.task(f"Making the {name} key", note="this happens once") as task:
        return generator.generate(registry.compiled(name).r1cs, task.reach)
