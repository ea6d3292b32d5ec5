"""`zksettle doctor`: checks, one by one, everything that zksettle needs from this machine.

Modules that read ZKSETTLE_LANES on import are imported inside the checks, after `_settings` has validated it.
"""

import importlib.util
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.machine import home as homes
from prover.machine.home import Home
from zk import entropy
from zk.errors import FormatError

GOOD, NOTE, BAD = "good", "note", "bad"

MIN_PYTHON = (3, 11)
MIN_SQLITE = (3, 35, 0)
MIN_FREE_BYTES = 1 << 30
REQUIRED = ("numba", "numpy", "gmpy2", "py_ecc", "click", "rich", "platformdirs", "cryptography", "mnemonic",
            "filelock")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """`state` is GOOD, NOTE (works, but know this) or BAD (will not work); `text` says what to do about it."""

    what: str
    state: str
    text: str


def examine(home: Home) -> Iterator[Finding]:
    """Yields the findings.  Changes nothing except a temporary file and the folder of compiled kernels."""
    checks: dict[str, Callable[[Home], Finding]] = {
        "settings": _settings, "Python": _python, "packages": _packages, "import names": _import_names,
        "processor": _processor, "memory": _memory, "randomness": _entropy, "database": _sqlite, "data": _home,
        "pool": _pool, "proving keys": _keys, "kernels": _kernels, "Node.js": _node,
    }  # fmt: skip
    for what, check in checks.items():
        try:
            yield check(home)
        except OSError as error:  # a folder that this user cannot enter, for example
            cause = f"{error.filename} cannot be read: {error.strerror}; repair its permissions, or use another"
            yield Finding(what, BAD, cause if error.filename else str(error))


def _settings(_: Home) -> Finding:
    """Checks the settings in the environment.  Removes an invalid one, so that the other checks can run."""
    wrong = []
    try:
        from zk.runtime import cpu  # noqa: F401
    except FormatError as error:
        wrong.append(str(error))
        del os.environ["ZKSETTLE_LANES"]
    from zk.runtime import parallel

    try:
        parallel.threads()
    except FormatError as error:
        wrong.append(str(error))
        del os.environ["ZKSETTLE_THREADS"]
    if wrong:
        return Finding("settings", BAD, f"{', and '.join(wrong)}: change the environment")
    return Finding("settings", GOOD, "ZKSETTLE_LANES and ZKSETTLE_THREADS are unset or valid")


def _python(_: Home) -> Finding:
    text = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info < MIN_PYTHON:
        return Finding("Python", BAD, f"{text}: install Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer")
    return Finding("Python", GOOD, text)


def _packages(_: Home) -> Finding:
    from prover.machine import hardware

    versions = {name: hardware.package_version(name) for name in REQUIRED}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        return Finding("packages", BAD, f"missing: {', '.join(missing)}; run pip install .")
    shown = (
        f"{name} {version}" for name, version in (*versions.items(), ("llvmlite", hardware.package_version("llvmlite")))
    )
    return Finding("packages", GOOD, ", ".join(shown))


def _import_names(_: Home) -> Finding:
    """Checks that zk, circuits, settlement and prover are this program's: PyPI has a `circuits` and a `prover` too."""
    from prover.machine import hardware

    ours = Path(__file__).parents[2]
    for name in ("zk", "circuits", "settlement", "prover"):
        origin = importlib.util.find_spec(name)
        place = Path(origin.origin).parents[1] if origin and origin.origin else None
        if place != ours:
            text = (
                f"import {name} finds {place or 'nothing'}, not {ours}: uninstall the other distribution of that name"
            )
            return Finding("import names", BAD, text)
    if foreign := hardware.foreign_packages():
        text = (
            f"the distribution {foreign[0]} is also installed and uses the same import name: pip uninstall {foreign[0]}"
        )
        return Finding("import names", BAD, text)
    return Finding("import names", GOOD, f"zk, circuits, settlement and prover come from {ours}")


def _processor(_: Home) -> Finding:
    from prover.machine import hardware
    from zk.runtime import cpu

    features = hardware.cpu_features()
    named = f" ({', '.join(features)})" if features else ""
    text = f"{hardware.cpu_name()}, {os.cpu_count()} cores, {hardware.describe()['threads']} threads{named}"
    is_held_back = cpu.LANES == 1 and cpu.is_wide_cpu()
    return Finding("processor", NOTE if is_held_back else GOOD, f"{text}; arithmetic on {cpu.reason()}")


def _memory(_: Home) -> Finding:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return Finding("memory", NOTE, "the system does not report it; a proof needs less than 1.5 GB")
    text = f"{total / 1e9:.1f} GB; a proof needs less than 1.5 GB"
    return Finding("memory", GOOD if total > 2 << 30 else NOTE, text)


def _entropy(_: Home) -> Finding:
    first, second = entropy.token(32), entropy.token(32)
    if first == second or not any(first):
        return Finding(
            "randomness", BAD, "the operating system's random numbers repeat: do not make keys on this machine"
        )
    return Finding("randomness", GOOD, "from the operating system")


def _sqlite(_: Home) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "probe.sqlite")
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        finally:
            connection.close()
    text = f"SQLite {sqlite3.sqlite_version}, journal mode {mode}"
    if sqlite3.sqlite_version_info < MIN_SQLITE or mode != "wal":
        return Finding("database", BAD, f"{text}: the ledger needs SQLite 3.35 with WAL")
    return Finding("database", GOOD, text)


def _home(home: Home) -> Finding:
    try:
        home.check()
    except homes.Missing:
        return Finding("data", NOTE, f"{home.path} does not exist yet: the first command that writes there creates it")
    except FormatError as error:
        return Finding("data", BAD, f"{error}: choose another folder with --home")
    if not os.access(home.path, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data", BAD, f"{home.path} is not readable and writable: choose another folder with --home")
    free = shutil.disk_usage(home.path).free
    wallets = sum(name.endswith(".json") for name in os.listdir(home.wallets)) if home.wallets.is_dir() else 0
    parts = ["a ledger" if home.ledger.exists() else "no ledger yet", f"{wallets} wallet{'' if wallets == 1 else 's'}"]
    text = f"{home.path}: {', '.join(parts)}, {free / 1e9:.1f} GB free"
    if os.name == "posix" and home.path.stat().st_mode & 0o077:
        return Finding("data", NOTE, f"{text}; other users can read this folder: chmod 700 {home.path}")
    return Finding("data", GOOD if free > MIN_FREE_BYTES else NOTE, text)


def _pool(home: Home) -> Finding:
    from prover.proofs import keystores
    from settlement.ledger import Ledger

    try:
        home.check_pool()
        with Ledger.open(home.ledger, read_only=True) as ledger:
            pool = ledger.pool
    except homes.Missing:
        return Finding("pool", NOTE, "none yet: zksettle pool new creates one")
    except (FormatError, sqlite3.Error) as error:
        return Finding("pool", BAD, f"it cannot be opened: {error}")
    if pool.insecure_dev:
        text = f"its keys: {pool.leg.origin}; created with --insecure-dev, so do not put value on it"
        return Finding("pool", NOTE, text)
    if not keystores.confirms(home.keys, pool):
        text = f"it claims keys of {pool.leg.origin}, not verified on this machine: zksettle ceremony install"
        return Finding("pool", NOTE, text)
    return Finding("pool", GOOD, f"its keys: {pool.leg.origin}, verified when they were installed here")


def _keys(home: Home) -> Finding:
    from circuits import registry
    from prover.proofs import keystores

    keystore = keystores.best(home.keys, 0)
    missing = [name for name in registry.names() if not keystore.folder(name).is_dir()]
    if missing:
        return Finding("proving keys", NOTE, f"not made yet for {', '.join(missing)}: zksettle warmup makes them")
    names = ", ".join(registry.names())
    if keystore.transcript is None:
        return Finding("proving keys", NOTE, f"{names}; development keys: their maker can forge proofs")
    return Finding("proving keys", GOOD, f"{names}; from ceremony {keystore.transcript}")


def _kernels(_: Home) -> Finding:
    from prover.machine import units
    from prover.upkeep import oldkernels, warmup

    if not warmup.is_warm():
        return Finding(
            "kernels", NOTE, f"not compiled yet: zksettle warmup compiles them, into {warmup.folder()}"
        )
    size = units.size(oldkernels.total_bytes(warmup.folder()))
    return Finding("kernels", GOOD, f"compiled, in {warmup.folder()}, which holds {size}")


def _node(_: Home) -> Finding:
    node = shutil.which("node")
    if node is None:
        return Finding("Node.js", NOTE, "not found; only tests that compare with snarkjs need it")
    return Finding("Node.js", GOOD, f"{node}; only tests that compare with snarkjs need it")
