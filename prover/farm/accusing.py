"""The table `quarantine`: evidence against workers, which each reader checks before believing it."""

from collections.abc import Iterable, Iterator

from prover.farm import evidence, jobs, keyshelf, sealing
from prover.farm.evidence import Evidence, NotOfTheFarm, Signed
from prover.farm.farmkey import FarmPublic
from prover.farm.session import NOW_MS, Session
from zk.errors import FormatError

MOST_READ = 256  # pieces of evidence at once


def accuse(session: Session, evidence: Evidence) -> None:
    """Lays evidence against a worker where everybody can check it."""
    signed = evidence.signed
    session.rows(
        f"INSERT INTO quarantine VALUES (%s, %s, %s, %s, %s, %s, %s, {NOW_MS}) ON CONFLICT DO NOTHING",
        (signed.worker, signed.certificate, signed.job, signed.key, jobs.encode(evidence.public), signed.proof,
         signed.signature),
    )  # fmt: skip


class Judge:
    """What a process has found out about workers; it looks at each piece of evidence once."""

    def __init__(self, farm: FarmPublic):
        self._farm = farm
        self._liars: set[bytes] = set()
        self._seen: dict[bytes, set[bytes]] = {}

    def is_liar(self, session: Session, worker: bytes) -> bool:
        """Whether there is true evidence against a worker."""
        seen = self._seen.setdefault(worker, set())
        if worker not in self._liars:
            for one in _accusations(session, worker, seen):
                seen.add(one.signed.signature)
                if self._is_true(session, one):
                    self._liars.add(worker)
        return worker in self._liars

    def _is_true(self, session: Session, one: Evidence) -> bool:
        try:
            evidence.check_signed(one.signed, self._farm)  # before anything that takes long
            verifying = keyshelf.verifying(session, one.signed.key)
        except (NotOfTheFarm, FormatError):
            return False
        return evidence.shows_a_lie(one, self._farm, verifying)


def _accusations(session: Session, worker: bytes, seen: Iterable[bytes]) -> Iterator[Evidence]:
    """What lies against a worker and was not seen; nothing of it is checked yet.  Malformed evidence is none."""
    query = (
        "SELECT job, key, public_inputs, proof, worker, signature, certificate FROM quarantine WHERE worker = %s"
        f" AND signature <> ALL (%s::bytea[]) LIMIT {MOST_READ}"
    )
    for job, key, public_inputs, proof, accused, signature, certificate in session.rows(query, (worker, list(seen))):
        try:
            public = tuple(jobs.decode(bytes(public_inputs), "the evidence"))
        except FormatError:
            public = ()
        digest = sealing.public_digest(bytes(key), public)
        yield Evidence(Signed(*map(bytes, (job, key, digest, proof, accused, signature, certificate))), public)
