"""Joins a pool that somebody else operates: its ledger's copy here, and the proving keys that its proofs need.

The folder of the pool appears complete, by one rename.  A pool is what its ledger id is a digest of, so whoever knows
the id from its operator cannot be given another pool.

The keys of a ceremony are installed from its transcript, which everybody can verify.  Development keys are fetched from
the service: they could be forged under anyway, by whoever made them.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from prover.machine import arrayfolder, files
from prover.machine import home as homes
from prover.machine.home import Home, PoolFolder
from prover.network.mirrors import mirror, opening
from prover.network.mirrors.light import LightMirror
from prover.network.mirrors.mirror import Mirror
from prover.network.wire import succeeding
from prover.network.wire.client import Client
from prover.operator import creation
from prover.proofs import keyfolder, keystores
from settlement.audit import audit
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.ledger import Ledger
from settlement.pool import fingerprint as fingerprints
from settlement.pool import poolfile
from settlement.pool.pool import Pool, StatementKey
from zk.errors import FormatError, InvalidProof
from zk.groth16 import keys, provingkey
from zk.runtime.progress import Progress, silent

_LABEL = "pool-"


def join(
    home: Home, client: Client, now_ms: int, fingerprint: str | None = None, progress: Progress = silent,
    verify_proofs: VerifyProofs = checks.verify_proofs, *, is_light: bool = False,
) -> Pool:  # fmt: skip
    """Makes a copy of the ledger behind a service, whose events are all checked, and installs what is missing of keys.

    With `is_light` the copy has what the pool's validators cosigned, and that they checked it is taken on trust.

    Raises FormatError when there is a pool already, or another than the fingerprint's, and as Mirror.update does.
    """
    creation.check_vacant(home)
    pool = _fetch_pool(client, fingerprint)
    for key in pool.keys:
        _provide(home, client, key, pool, now_ms)
    _copy(home, client, pool, progress, verify_proofs, is_light=is_light)
    return pool


def rejoin(home: Home, client: Client, clock: Callable[[], int]) -> Pool:
    """Makes a home that has this pool already ask the service at another URL from now on.

    So does the home of an operator whom the validators have replaced; what it settled since is cut from its copy.
    Raises FormatError when the service has another pool, or this home is the operator's and the service names no other;
    and as Mirror.update does.
    """
    with Ledger.open(home.ledger, read_only=True) as own:
        pool = own.pool
    if poolfile.ledger_id(mirror.fetch_pool(client.get)) != poolfile.ledger_id(pool):
        raise FormatError(f"there is another pool in {home.pool.path} than the service's: choose another --home")
    before = opening.joined(home.pool)
    if before is None and not succeeding.fetch(client.get):
        raise FormatError(f"there is a pool already in {home.pool.path}, and its ledger is here: nothing to join")
    with homes.changing(home):
        opening.write(home.pool, client.url, is_light=before is not None and before.is_light)
    opening.open_ledger(home, clock).close()
    return pool


def complete(
    home: Home, clock: Callable[[], int], progress: Progress = silent,
    verify_proofs: VerifyProofs = checks.verify_proofs,
) -> int:  # fmt: skip
    """Makes the home's light copy a full one: checks everything that it took on trust; returns how many events.

    The service is asked for nothing but what is new, and need not answer.  Raises FormatError when the home has no
    light copy, or another command took more events meanwhile, Discrepancy for the first event that should have been
    refused, and as Mirror.update does; then the copy stays a light one.
    """
    home.check_pool()
    joined = opening.joined(home.pool)
    if joined is None or not joined.is_light:
        raise FormatError(f"the ledger in {home.pool.path} is not a light copy: there is nothing to make up for")
    opening.open_ledger(home, clock, read_only=True).close()
    report = audit.audit(home.ledger, verify_proofs, progress)
    with files.locked(home.pool.path / mirror.KEPT, "the copy of the ledger", mirror.FOLLOWING_S):
        with Ledger.open(home.ledger, read_only=True) as ledger:
            if ledger.reader.last_event().height + 1 != report.events:
                raise FormatError(
                    "another command took more of the ledger while the copy was checked, so it stays a light one: run"
                    " `zksettle pool join --full` again, and no other command of this home meanwhile"
                )
        opening.write(home.pool, joined.url)
    return report.events


def follow(
    home: Home, client: Client, fingerprint: str | None = None, progress: Progress = silent,
    verify_proofs: VerifyProofs = checks.verify_proofs, *, is_light: bool = False,
) -> Pool:  # fmt: skip
    """As `join`, for whoever only checks or reads the ledger and proves nothing: without the proving keys."""
    creation.check_vacant(home)
    pool = _fetch_pool(client, fingerprint)
    _copy(home, client, pool, progress, verify_proofs, is_light=is_light)
    return pool


def _fetch_pool(client: Client, fingerprint: str | None) -> Pool:
    if fingerprint is not None:
        fingerprints.check_form(fingerprint)  # before anything is fetched
    pool = mirror.fetch_pool(client.get)
    if fingerprint is not None and not fingerprints.is_of(pool, fingerprint):
        ledger_id = poolfile.ledger_id(pool).hex()
        raise FormatError(f"the service has another pool: its ledger id is {ledger_id}. Nothing was joined")
    return pool


def _copy(
    home: Home, client: Client, pool: Pool, progress: Progress, verify_proofs: VerifyProofs, *, is_light: bool = False
) -> None:  # fmt: skip
    with homes.changing(home):
        creation.check_vacant(home)
        with arrayfolder.creating(home.pool.path, _LABEL) as path:
            folder = PoolFolder(path)
            with mirror.begin(folder.ledger, pool, client.get) as ledger:
                (LightMirror if is_light else Mirror)(ledger, path, client.get).update(verify_proofs, progress)
            opening.write(folder, client.url, is_light=is_light)
            files.sync_folder(path)


def _provide(home: Home, client: Client, key: StatementKey, pool: Pool, now_ms: int) -> None:
    """Sees to it that the statement's proving key is here.  Raises FormatError when it must be installed first."""
    keystore = keystores.of_pool(home.keys, now_ms, pool)
    if keystore.folder(key.statement).exists():
        if keystore.statement_key(key.statement).digest != key.digest:
            raise FormatError(
                f"there is another {key.statement} key in {keystore.folder(key.statement)} than the pool's: choose"
                " another folder with --home"
            )
        return
    if key.transcript is not None:
        raise FormatError(
            f"the pool's {key.statement} key is of a ceremony, and is not here: run `zksettle ceremony install` on its"
            " folder first"
        )
    with tempfile.TemporaryDirectory(prefix="zksettle-keys-") as temporary:
        for name in keyfolder.PROVING_FILES:
            Path(temporary, name).write_bytes(client.get(f"/keys/{key.statement}/{name}"))
        proving = provingkey.from_arrays(arrayfolder.load(Path(temporary), keyfolder.PROVING))
        if keys.digest(proving.verifying) != key.digest:
            raise InvalidProof(f"the {key.statement} key that the service sent is not the pool's")
        keystore.install(key.statement, proving)
