"""Help loads nothing that it does not need; what goes wrong is one sentence and the agreed exit code."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

from prover.cli import main
from prover.cli.frame import failure, passphrase, screen
from settlement.errors import Unavailable
from settlement.rejection import Rejected, Rejection
from tests.prover.cli.run import refused, zksettle
from zk.errors import FormatError, InvalidProof, Unsatisfied

ROOT = Path(__file__).parents[3]
HEAVY = {
    "numba", "llvmlite", "numpy", "rich", "gmpy2", "cryptography", "sqlite3", "galois", "py_ecc", "fastapi", "uvicorn",
    "httpx",
}  # fmt: skip


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    context = click.Context(group)
    for name in group.list_commands(context):
        inside = group.get_command(context, name)
        found += every_command(inside, (*path, name)) if isinstance(inside, click.Group) else [(*path, name)]
    return found


COMMANDS = every_command(main.zksettle)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_takes_home_and_json(path, tmp_path):
    ran = zksettle(tmp_path, *path, "--help")
    assert ran.code == 0 and ran.err == ""
    assert ran.out.startswith("Usage: zksettle") and "--home" in ran.out and "--json" in ran.out


def test_all_promised_commands_exist():
    promised = """
        pool new, pool show, ceremony start, ceremony contribute, ceremony beacon, ceremony verify, ceremony status,
        ceremony install, ceremony export, circuit export,
        wallet new, wallet restore, wallet phrase, wallet address, wallet show, wallet sync,
        wallet merge, wallet history, deposit, withdraw, pay,
        order place, order list, order show, order take, order cancel, oracle publish, ledger show, ledger audit,
        prove, verify, circuit list, circuit info, circuit check, circuit profile, circuit audit, circuit sample,
        groth16 verify, export snarkjs, import snarkjs, bench kernels, bench msm, bench ntt, bench prove, bench verify,
        bench throughput, bench peers, bench wallet, warmup, doctor, completion, demo
    """
    assert {tuple(name.split()) for name in promised.split(",")} <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [
    ("deposit", "--json", "--bogus"), ("deposit", "--bogus", "--json"), ("--json", "deposit", "--bogus"),
    ("deposit", "--position", "x", "1 USDC", "--json"), ("pay", "--json"), ("nosuch", "--json"),
    ("wallet", "nosuch", "--json"),
], ids=" ".join)  # fmt: skip
def test_wrong_usage_is_one_json_document_too(arguments, tmp_path):
    ran = zksettle(tmp_path, *arguments)
    assert ran.code == 2 and ran.err.count("\n") == 1
    told = json.loads(ran.out)
    assert told["exit_code"] == 2 and told["error"] == ran.err.strip()


@pytest.mark.parametrize("path", [(), ("wallet",)])
def test_a_group_without_a_command_shows_its_help(path):
    done = subprocess.run([sys.executable, "-m", "prover.cli.main", *path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("Usage: zksettle") and "Commands:" in done.stderr and "(see" not in done.stderr


def test_help_and_plain_lists_load_nothing_heavy():
    """Every command's help, each in one process, then what is loaded."""
    script = f"""
import sys
from prover.cli.main import main
for path in {COMMANDS!r}:
    assert main([*path, "--help"]) == 0
print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "[]\n"


def test_circuits_are_inspected_without_numba(tmp_path):
    script = f"""
import sys
from prover.cli.main import main
assert main(["circuit", "info", "leg", "--home", {str(tmp_path)!r}]) == 0
print(sorted(set(sys.modules) & {{"numba", "rich"}}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "[]\n"


@pytest.mark.parametrize("arguments, words", [
    (("nosuch",), "No such command"),
    (("wallet", "nosuch"), "No such command"),
    (("circuit", "info"), "Missing argument"),
    (("circuit", "info", "nosuch"), "the statements are leg, margin"),
    (("circuit", "profile", "leg", "--depth", "0"), "not in the range"),
    (("circuit", "info", "leg", "--nosuch"), "No such option"),
    (("completion", "nosuch"), "nosuch"),
    (("pool", "new"), "no ceremony's keys are installed here"),
    (("pool", "new"), "or say --insecure-dev"),
    (("order", "place"), "--sell or --buy"),
    (("order", "place", "--sell", "1 ETH", "--expires", "soon"), "length of time"),
    (("order", "place", "--sell", "1 ETH", "--expires", "30d"), "length of time"),
    (("deposit",), "Missing argument"),
    (("pay", "1", "ETH"), "--to"),
    (("prove", "leg", "input.json"), "--output"),
])  # fmt: skip
def test_wrong_usage_is_exit_code_2(arguments, words, tmp_path):
    refused(zksettle(tmp_path, *arguments), 2, words)


@pytest.mark.parametrize("arguments, words", [
    (("circuit", "check", "leg", "nosuch.json"), "nosuch.json cannot be read"),
    (("circuit", "audit", "leg", "nosuch.json"), "nosuch.json cannot be read"),
    (("prove", "leg", "nosuch.json", "-o", "proof.json"), "nosuch.json cannot be read"),
    (("verify", "nosuch.json"), "nosuch.json cannot be read"),
    (("groth16", "verify", "k.json", "p.json", "q.json"), "k.json cannot be read"),
    (("export", "snarkjs", "nosuch.json"), "nosuch.json cannot be read"),
    (("import", "snarkjs", "leg", "k.json", "p.json", "q.json", "-o", "x"), "k.json cannot be read"),
    (("wallet", "new", "Not A Name"), "a wallet's name"),
    (("wallet", "new", "fresh", "--passphrase-file", "nosuch.txt"), "nosuch.txt cannot be read"),
    (("wallet", "address", "nosuch"), "there is no wallet named nosuch: create one with `zksettle wallet new nosuch`"),
    (("wallet", "phrase", "nosuch"), "there is no wallet named nosuch"),
    (("pool", "show"), "zksettle pool new"),
    (("ledger", "show"), "zksettle pool new"),
    (("ledger", "audit"), "zksettle pool new"),
    (("wallet", "sync"), "zksettle pool new"),
    (("oracle", "publish"), "zksettle pool new"),
    (("order", "list"), "zksettle pool new"),
    (("order", "show", "abcd"), "zksettle pool new"),
    (("order", "take", "ab" * 32), "zksettle pool new"),
    (("order", "take", "abcd"), "whole id"),
    (("order", "cancel", "abcd"), "zksettle pool new"),
    (("deposit", "1", "ETH"), "zksettle pool new"),
    (("withdraw", "1", "ETH"), "zksettle pool new"),
    (("pay", "1", "ETH", "--to", "zks1nonsense"), "the address"),
    (("order", "place", "--sell", "1 ETH", "--to", "zks1nonsense"), "the address"),
])  # fmt: skip
def test_malformed_input_is_exit_code_3(arguments, words, tmp_path):
    refused(zksettle(tmp_path, *arguments), 3, words)


@pytest.mark.parametrize("error, code, words", [
    (Rejected(Rejection.NULLIFIER_SPENT, "leg 0 is spent"), 1, "rejection 10 (NULLIFIER_SPENT)"),
    (Unsatisfied("the leg statement is false"), 1, "the leg statement is false"),
    (InvalidProof("the proof does not verify"), 1, "the proof does not verify"),
    (FileExistsError("there is a wallet named main already"), 1, "there is a wallet named main already"),
    (PermissionError(13, "Permission denied", "/somewhere"), 1, "/somewhere: Permission denied"),
    (Unavailable("the ledger is busy"), 1, "the ledger is busy"),
    (FormatError("the leg has no margin"), 3, "the leg has no margin"),
    (sqlite3.OperationalError("disk is full"), 1, "disk is full"),
    (click.UsageError("no such thing."), 2, "no such thing"),
    (click.Abort(), 130, "interrupted"),
    (KeyboardInterrupt(), 130, "interrupted"),
])  # fmt: skip
def test_an_error_is_one_sentence_and_an_exit_code(error, code, words, capsys):
    assert failure.report(error, screen.Screen()) == code
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and words in printed.err


def test_an_internal_error_hides_its_message_which_might_hold_a_secret(capsys):
    assert failure.report(KeyError("seed phrase"), screen.Screen()) == 1
    printed = capsys.readouterr()
    assert "seed phrase" not in printed.err and "KeyError" in printed.err


def test_with_json_an_error_is_a_document_too(tmp_path):
    ran = zksettle(tmp_path, "pool", "show", "--json")
    assert ran.code == 3 and json.loads(ran.out)["exit_code"] == 3 and ran.err.count("\n") == 1


def test_a_rejection_in_json_has_its_number_and_name(capsys):
    failure.report(Rejected(Rejection.UNBALANCED, "by one unit"), screen.Screen(is_json=True))
    rejection = json.loads(capsys.readouterr().out)["rejection"]
    assert rejection == {"number": 12, "name": "UNBALANCED", "detail": "by one unit"}


@pytest.mark.parametrize("arguments, reader, read", [
    (["circuit", "audit", "escrow", "--json"], "head -n 1", "{\n"),  # more than a pipe holds: writing fails
    (["circuit", "list"], "true", ""),  # less: only the last flush fails
])  # fmt: skip
def test_a_reader_that_closes_the_pipe_causes_no_message(arguments, reader, read):
    command = f"{sys.executable} -m prover.cli.main {' '.join(arguments)} | {reader}"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout == read


def test_the_program_exits_with_the_commands_code_after_its_exit_handlers(tmp_path):
    script = "import atexit; from prover.cli import main; atexit.register(print, 'at exit'); main.run()"
    command = [sys.executable, "-c", script, "pool", "show", "--home", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 3 and done.stdout == "at exit\n" and "there is no pool" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_cannot_be_written_is_a_failure():
    script = "from prover.cli import main; main.main = lambda: print('x') or 0; main.run()"
    with open("/dev/full", "w") as full:
        assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=full).returncode == 1


def test_home_and_json_may_stand_before_or_after_the_command(tmp_path, capsys):
    for arguments in (["--home", str(tmp_path), "--json", "circuit", "list"], ["circuit", "list", "--json"]):
        assert main.main(arguments) == 0
        names = [entry["name"] for entry in json.loads(capsys.readouterr().out)["statements"]]
        assert names == ["leg", "margin", "escrow", "seize", "funds"]


def test_the_home_may_come_from_the_environment(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ZKSETTLE_HOME", str(tmp_path / "elsewhere"))
    assert main.main(["pool", "show"]) == 3
    assert str(tmp_path / "elsewhere") in capsys.readouterr().err


def test_the_version_is_printed(capsys):
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("zksettle, version ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell, tmp_path):
    ran = zksettle(tmp_path, "completion", shell)
    assert ran.code == 0 and "_ZKSETTLE_COMPLETE" in ran.out


@pytest.mark.parametrize("words, expected", [
    ("or", "plain,order\nplain,oracle\n"),
    ("order place --s", "plain,--sell\n"),
    ("circuit info m", "plain,margin\n"),
])  # fmt: skip
def test_the_shell_completes_commands_options_and_statements(words, expected):
    asked = {"COMP_WORDS": f"zksettle {words}", "COMP_CWORD": str(len(words.split()))}
    script = [sys.executable, "-c", "from prover.cli.main import main; main()"]
    environment = {**os.environ, "_ZKSETTLE_COMPLETE": "bash_complete", **asked}
    done = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == expected


def test_output_to_a_pipe_has_no_colours_and_no_boxes(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    drawn = screen.Screen()
    drawn.say("good", "good")
    drawn.table(("name", ">number"), [("a", "1"), ("bb", "22")], title="Numbers")
    assert out.getvalue() == "good\nNumbers\nname  number\na          1\nbb        22\n"


def test_a_new_home_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv(passphrase.VARIABLE, "correct horse battery staple")
    assert zksettle(tmp_path / "new" / "home", "wallet", "new").code == 0
    for folder in ("new", "new/home", "new/home/wallets"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("arguments", [
    "pool show", "ledger show", "ledger audit", "order list", "order show ab12", "wallet show", "wallet sync",
    "wallet address", "wallet phrase", "oracle publish", "withdraw 1 USDC",
])  # fmt: skip
def test_a_mistyped_home_is_named_and_not_made(tmp_path, arguments):
    refused(zksettle(tmp_path / "typo", *arguments.split()), 3, f"there is no home at {tmp_path / 'typo'}: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", ["doctor", "prover status", "prover stop"])
def test_what_needs_no_home_makes_none(tmp_path, arguments):
    assert zksettle(tmp_path / "typo", *arguments.split()).code == 0
    assert list(tmp_path.iterdir()) == []


def test_help_says_that_running_proofs_are_finished(tmp_path):
    for name in ("serve", "stop"):
        told = " ".join(zksettle(tmp_path, "prover", name, "--help").out.split())
        assert "Proofs that take at most ten seconds longer are finished first." in told
