"""Every command refuses a hostile file with exit code 3 and a sentence, at once, and leaves nothing behind."""

import importlib
import os
import resource
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from prover.circom import keycache, proofs
from prover.upkeep import warmup
from tests.hostile import damage, goods
from tests.hostile.goods import FORMATS
from tests.hostile.test_reading import sparse, with_hole
from tests.patience import TRIES, cheaply
from tests.prover.cli.run import zksettle

ROOT = Path(__file__).parents[2]
MOST_S = 1.0
MOST_JSON_BYTES = 64 << 20

BAD = "BAD"
COMMANDS = {
    "r1cs": (
        ("r1cs", "info", BAD),
        ("r1cs", "print", BAD),
        ("r1cs", "export", "json", BAD, "out.json"),
        ("wtns", "check", BAD, "good.wtns"),
        ("groth16", "setup", BAD, "good.ptau", "out.zkey"),
        ("zkey", "verify", BAD, "good.ptau", "good.zkey"),
    ),
    "wtns": (
        ("groth16", "prove", "good.zkey", BAD, "proof.json", "public.json"),
        ("wtns", "check", "good.r1cs", BAD),
        ("wtns", "export", "json", BAD, "out.json"),
    ),
    "zkey": (
        ("groth16", "prove", BAD, "good.wtns", "proof.json", "public.json"),
        ("zkey", "info", BAD),
        ("zkey", "contribute", BAD, "out.zkey"),
        ("zkey", "beacon", BAD, "out.zkey", "00ff", "10"),
        ("zkey", "verify", "good.r1cs", "good.ptau", BAD),
        ("zkey", "verify", "init", BAD, "good.ptau", "good.zkey"),
        ("zkey", "export", "verificationkey", BAD, "out.json"),
        ("zkey", "export", "solidityverifier", BAD, "out.sol"),
        ("zkey", "export", "vyper", BAD, "out.vy"),
    ),
    "ptau": (
        ("powersoftau", "info", BAD),
        ("powersoftau", "verify", BAD),
        ("powersoftau", "contribute", BAD, "out.ptau"),
        ("powersoftau", "beacon", BAD, "out.ptau", "00ff", "10"),
        ("powersoftau", "prepare", "phase2", BAD, "out.ptau"),
        ("powersoftau", "truncate", BAD),
        ("groth16", "setup", "good.r1cs", BAD, "out.zkey"),
        ("zkey", "verify", "good.r1cs", BAD, "good.zkey"),
    ),
}
CASES = [(name, words) for name, commands in COMMANDS.items() for words in commands]


def holes(place: int):
    return lambda name, path: sparse(path, with_hole(name, place))


def made(change):
    """What writes the good file changed."""
    return lambda name, path: path.write_bytes(change(name, FORMATS[name].good()))


def first_number(name: str, _: bytes) -> bytes:
    kind = FORMATS[name]
    return damage.changed(kind, kind.header, kind.numbers["power" if name == "ptau" else "wires"], b"\xff" * 4)


HOSTILE = {
    "missing": lambda name, path: None,
    "a folder": lambda name, path: path.mkdir(),
    "a pipe": lambda name, path: os.mkfifo(path),
    "empty": made(lambda name, data: b""),
    "zeros": lambda name, path: sparse(path, b""),
    "holes behind": lambda name, path: sparse(path, FORMATS[name].good()),
    "a section of holes": holes(1),
    "cut": made(lambda name, data: data[: len(data) // 2]),
    "a long section": made(lambda name, data: data[:16] + struct.pack("<Q", 2**64 - 1) + data[24:]),
    "many sections": made(lambda name, data: data[:8] + struct.pack("<I", 2**32 - 1) + data[12:]),
    "numbers beyond the limit": made(first_number),
}


@pytest.fixture(scope="module", autouse=True)
def _everything_is_imported():
    """So that the time of the first command is not that of Numba's beginning."""
    for name in ("prover.circom.circuit", "zk.ceremony.phase2check"):
        importlib.import_module(name)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the good files, in which nothing is compiled."""
    for name in FORMATS:
        (tmp_path / f"good.{name}").write_bytes(goods.content(f"good.{name}"))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    for name in ("compile_kernels", "compile_ceremony_kernels"):
        monkeypatch.setattr(warmup, name, lambda: pytest.fail("kernels are compiled"))
    proofs.forget()
    return tmp_path


def paths(place: Path, words: tuple[str, ...], bad: Path) -> list:
    return [bad if word == BAD else place / word if "." in word else word for word in words]


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("name, words", CASES, ids=lambda it: it if isinstance(it, str) else "-".join(it[:2]))
def test_a_command_refuses_it(place, name, words, case):
    bad = place / f"bad.{name}"
    HOSTILE[case](name, bad)
    before = sorted(place.iterdir())
    ran = cheaply(lambda: zksettle(place / "home", *paths(place, words, bad)), MOST_S)
    assert ran.code == 3 and ran.out == "", ran
    assert ran.err.count("\n") == 1 and bad.name in ran.err and "internal error" not in ran.err, ran
    assert sorted(path for path in place.iterdir() if path.name != "home") == before


JSON = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "holes": lambda path: sparse(path, b""),
    "brackets": lambda path: path.write_bytes(b"[" * (4 << 20)),
    "quotes": lambda path: path.write_bytes(b'"\\"' * (1 << 20)),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("case", JSON)
def test_json_files_are_refused_as_cheaply(place, case):
    JSON[case](place / "bad.json")
    for words in (
        ("groth16", "verify", BAD, "public.json", "proof.json"),
        ("zkey", "export", "soliditycalldata", BAD, "proof.json"),
    ):
        given = paths(place, words, place / "bad.json")
        tracemalloc.start()
        ran = cheaply(lambda given=given: zksettle(place / "home", *given), MOST_S)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert ran.code == 3 and ran.out == "" and ran.err.count("\n") == 1 and "internal error" not in ran.err, ran
        assert peak < MOST_JSON_BYTES, (words, peak)


def child(place: Path, *words: object) -> tuple[subprocess.CompletedProcess, resource.struct_rusage]:
    """A process of its own, with no compiled code; and the time and memory that it took."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ZKSETTLE_CACHE": str(place / "kernels")}
    code = "from prover.cli.main import run; run()"
    with subprocess.Popen([sys.executable, "-c", code, *map(str, words), "--home", str(place / "home")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:  # fmt: skip
        out, err = process.stdout.read(), process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return subprocess.CompletedProcess(words, process.returncode, out, err), used


def test_a_process_of_its_own_compiles_nothing_and_takes_no_more_memory(place):
    good = {name: child(place, *paths(place, words, place / f"good.{name}"))[1].ru_maxrss for name, words in (
        ("r1cs", ("r1cs", "info", BAD)), ("wtns", ("wtns", "export", "json", BAD, "out.json")))}  # fmt: skip
    (place / "out.json").unlink()
    limit = max(good.values()) + (4 << 10)
    for name, words in CASES:
        if words[:2] not in (("r1cs", "info"), ("wtns", "export"), ("groth16", "prove")):
            continue
        bad = sparse(place / f"bad.{name}", with_hole(name, 1))
        runs = (child(place, *paths(place, words, bad)) for _ in range(TRIES))
        ran, taken = next((each for each in runs if each[1].ru_utime + each[1].ru_stime < 2 * MOST_S), (None, None))
        assert ran is not None, "it takes long, and the interpreter's beginning is no more than half of that"
        assert ran.returncode == 3 and ran.stdout == b"" and ran.stderr.count(b"\n") == 1, ran
        assert taken.ru_maxrss < limit, f"{words}: {taken.ru_maxrss} KiB, and good files take {good}"
    assert not list((place / "kernels").rglob("*.nbi"))
