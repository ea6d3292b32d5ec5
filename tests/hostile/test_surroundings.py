"""Closed streams, signals, full disks, names that a terminal obeys, and sparse files that ask for gigabytes."""

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from prover.circom import keycache, proofs
from prover.cli.frame import failure, screen
from prover.machine import files
from tests.hostile import goods
from tests.hostile.test_reading import sparse
from tests.patience import cheaply
from tests.prover.circom.programs import program
from tests.prover.cli.run import refused, zksettle
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.formats import snarkjs
from zk.groth16 import generator

ROOT = Path(__file__).parents[2]
MOST_S = 1.0
NAMES = ("circuit.zkey", "witness.wtns", "proof.json", "public.json")
WITNESS = qap.cubic_witness(3, 5)


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.fixture
def place(key, tmp_path, monkeypatch):
    """A folder with a key and a witness, and a cache of its own."""
    (tmp_path / "circuit.zkey").write_bytes(iden3.zkey(key))
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    (tmp_path / "vkey.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    proofs.forget()
    return tmp_path


def prove(place: Path, *names: object):
    return zksettle(place / "home", "groth16", "prove", *(place / str(name) for name in names or NAMES))


def names(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()} - {"home"}


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream_changes_nothing_but_what_is_printed(place, closed):
    assert prove(place).code == 0
    script = f'exec "$@" {closed}'
    command = [sys.executable, "-m", "prover.cli.main", "groth16", "verify", "vkey.json", "public.json", "proof.json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ZKSETTLE_HOME": str(place / "home")}
    shell = ["sh", "-c", script, "sh", *command]
    done = subprocess.run(shell, cwd=place, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done
    assert ("The proof is valid" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))


WAITING = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it, as nohup does
from prover.cli import main
from prover.machine import files

def wait(*arguments, **options):
    with files.writing(Path(sys.argv[1])) as file:
        file.write(b"half")
        file.flush()
        print("half", flush=True)
        time.sleep(600)

main.zksettle.main = wait
main.run()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_part_of_a_file(tmp_path, number):
    output = tmp_path / "out.bin"
    output.write_bytes(b"before")
    with subprocess.Popen([sys.executable, "-c", WAITING, str(output)], cwd=ROOT, env=os.environ | {"PYTHONPATH": "."},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        assert process.stdout.readline() == "half\n" and len(names(tmp_path)) == 2
        process.send_signal(number)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + number and said == f"ended by {number.name}\n"
    assert list(tmp_path.iterdir()) == [output] and output.read_bytes() == b"before"


def test_a_signal_that_is_ignored_stays_ignored():
    script = (
        "import signal; from prover.cli.frame import failure\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); failure.raise_on_signals()\n"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
        "assert signal.getsignal(signal.SIGTERM) is failure._raise"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("full", [2, 3])
def test_proof_and_public_inputs_are_replaced_both_or_neither(place, full):
    for name in NAMES[2:]:
        (place / name).write_text("old")
    given = [*NAMES]
    given[full] = "/dev/full"
    refused(prove(place, *given), 1, "/dev/full: No space left on device")
    assert [(place / name).read_text() for name in NAMES[2:]] == ["old", "old"]
    assert not [name for name in names(place) if name.startswith(".")]


def test_a_file_size_limit_names_the_file(tmp_path):
    script = (
        "import resource, sys; from pathlib import Path; from prover.machine import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    with files.writing(Path('big')) as file: file.write(bytes(1 << 20))\n"
        "except OSError as error: print(error.filename, error.strerror)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout == "big File too large\n" and list(tmp_path.iterdir()) == []


def test_a_link_to_itself_is_refused(place):
    (place / "loop").symlink_to("loop")
    for index in (0, 1):
        given = ["loop" if i == index else name for i, name in enumerate(NAMES)]
        refused(prove(place, *given), 3, "loop cannot be read")
    refused(zksettle(place / "home", "groth16", "verify", *[place / "loop"] * 3), 3, "loop cannot be read")
    refused(zksettle(place / "home", "r1cs", "info", place / "loop"), 3, "loop cannot be read")


@pytest.mark.parametrize("device", ["a pipe", "/dev/zero", "/dev/null", "a folder"])
def test_a_pipe_a_device_or_a_folder_is_refused_without_waiting(place, device):
    bad = Path(device) if device.startswith("/dev") else place / "bad"
    if device == "a pipe":
        os.mkfifo(bad)
    elif device == "a folder":
        bad.mkdir()
    (place / "circuit.wasm").write_bytes(program())
    (place / "input.json").write_text('{"x": 1}')
    wasm, given, output = place / "circuit.wasm", place / "input.json", place / "out.wtns"
    for words in (("wtns", "calculate", bad, given, output), ("wtns", "calculate", wasm, bad, output),
                  ("groth16", "verify", bad, given, given), ("verify", bad)):  # fmt: skip
        refused(zksettle(place / "home", *words), 3, f"{bad} is not a file")


def test_a_passphrase_may_come_through_a_pipe(tmp_path):
    from prover.cli.frame import paths

    reading, writing = os.pipe()
    os.write(writing, "ключ\n".encode())
    os.close(writing)
    assert paths.read_text(Path(f"/dev/fd/{reading}")) == "ключ\n"
    os.close(reading)


OBEYED = "a\x1b[2J\nb\x9b1A\r\u202ec"


def test_names_that_a_terminal_obeys_are_escaped(place):
    (place / OBEYED).write_bytes(b"{}")
    for words in (("r1cs", "info", place / OBEYED), ("groth16", "verify", *[place / OBEYED] * 3),
                  ("groth16", "prove", place / OBEYED), ("zkey", "info", place / OBEYED), (OBEYED,)):  # fmt: skip
        ran = zksettle(place / "home", *words)
        assert ran.code in (2, 3) and ran.err.count("\n") == 1 and ran.err[:-1].isprintable(), ran
        document = zksettle(place / "home", "--json", *words).out
        assert document.replace("\n", "").isprintable() and json.loads(document)["exit_code"] == ran.code
    ran = prove(place, *NAMES[:2], f"{OBEYED}.proof", f"{OBEYED}.public")
    assert ran.code == 0 and ran.out.count("\n") == 1 and ran.out[:-1].isprintable() and r"\x1b[2J\nb" in ran.out


def test_a_sentence_is_cut(capsys):
    failure.report(failure.FormatError("x" * 40_000), screen.Screen())
    assert len(capsys.readouterr().err) < failure.MAX_SENTENCE + 10


def test_a_name_has_as_many_bytes_as_the_system_allows(place):
    longest = files.max_name_bytes(place)
    assert prove(place, *NAMES[:3], "\N{SMILING FACE WITH SUNGLASSES}" * (longest // 4)).code == 0
    assert prove(place, *NAMES[:2], "x" * longest, "y" * longest).code == 0
    (place / "circuit.zkey").write_bytes(b"no key is read before the names are checked")
    refused(prove(place, *NAMES[:3], "\N{SMILING FACE WITH SUNGLASSES}" * (longest // 4 + 1)), 3,
            f"its name has {4 * (longest // 4 + 1)} bytes, and {longest} is the limit")  # fmt: skip


def sparse_zkey(path: Path, num_wires: int, log_size: int) -> Path:
    """A key whose sections have the right lengths and are holes, the header, ic and the terms aside."""
    kind = goods.FORMATS["zkey"]
    sections = dict(goods.parts(kind.good()))
    header = bytearray(sections[2])
    (num_public,) = struct.unpack_from("<I", header, kind.numbers["public"])
    struct.pack_into("<I", header, kind.numbers["wires"], num_wires)
    struct.pack_into("<I", header, kind.numbers["domain"], 1 << log_size)
    holes = {5: 64 * num_wires, 6: 64 * num_wires, 7: 128 * num_wires, 8: 64 * (num_wires - num_public - 1),
             9: 64 << log_size}  # fmt: skip
    with path.open("wb") as file:
        file.write(kind.magic + struct.pack("<II", kind.version, len(sections)))
        for number, data in (sections | {2: bytes(header)}).items():
            length = holes.get(number, len(data))
            file.write(struct.pack("<IQ", number, length))
            if number in holes:
                file.truncate(file.tell() + length)
                file.seek(length, os.SEEK_CUR)
            else:
                file.write(data)
    return path


def test_counts_are_compared_before_a_sparse_key_or_witness_is_read(place):
    sparse_zkey(place / "sparse.zkey", 1 << 22, 22)
    head = b"wtns" + struct.pack("<IIIQI", 2, 2, 1, 40, 32) + goods.R.to_bytes(32, "little")
    head += struct.pack("<IIQ", 1 << 24, 2, 32 << 24)
    os.truncate(sparse(place / "sparse.wtns", head), len(head) + (32 << 24))
    ran = cheaply(lambda: prove(place, "sparse.zkey", *NAMES[1:]), MOST_S)
    refused(ran, 3, f"witness.wtns has 7 wires, and {place / 'sparse.zkey'} is for 4194304")
    ran = cheaply(lambda: prove(place, NAMES[0], "sparse.wtns", *NAMES[2:]), MOST_S)
    refused(ran, 3, "sparse.wtns has 16777216 wires", "is for 7")
    assert list((place / "cache").iterdir()) == []


def test_a_key_under_which_nothing_verified_is_not_kept(place):
    (place / "witness.wtns").write_bytes(iden3.wtns([*WITNESS[:-1], WITNESS[-1] + 1]))
    refused(prove(place), 1, "does not satisfy the circuit")
    assert list((place / "cache").iterdir()) == []
    (place / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    assert prove(place).code == 0
    proofs.forget()
    assert prove(place).code == 0 and len(list((place / "cache").iterdir())) == 1


def test_memory_is_announced_before_a_large_key_is_read(place, monkeypatch):
    from prover.machine import hardware

    monkeypatch.setattr(hardware, "free_memory_bytes", lambda: 1 << 10)
    ran = prove(place)
    refused(ran, 1, "Checking circuit.zkey would take about", "nothing was started")
