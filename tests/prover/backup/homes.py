"""What the tests of backups do with homes."""


from prover.machine.home import Home
from prover.operator import founderkeys, oracles, ownkey
from prover.trader import sessions

NOW_MS = 1_800_000_000_000
PASSPHRASE = "correct horse battery staple"


def publish(home: Home, now_ms: int) -> None:
    with sessions.open_ledger(home) as ledger:
        oracles.publish(ledger, founderkeys.read(home.pool, ownkey.ORACLE), oracles.observation(ledger, {}), now_ms)


def files_of(home: Home) -> dict[str, bytes]:
    paths = (path for path in home.path.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(home.path)): path.read_bytes() for path in paths}
