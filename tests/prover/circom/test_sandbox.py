"""A program that lies, loops, grows or crashes ends in a sentence, soon, and has no way out of its sandbox."""

import importlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from prover.circom import calculator, messages, sandbox
from prover.circom.witnesses import Witness
from tests.patience import PATIENCE_S
from tests.prover.circom.programs import FUNCTIONS, IMPORTS, program
from zk.errors import FormatError, Unsatisfied
from zk.fields import array
from zk.fields.prime import P, R

ROOT = Path(__file__).parents[3]
TOP_WORD = "(i32.store (i32.const 28) (i32.const -1))"  # makes 2^255 and more of what is given out
FOREVER = "(loop $on (br $on))"


def run(data: bytes, x: int = 7, limit_s: float = PATIENCE_S) -> Witness:
    return calculator.calculate(calculator.load(data, "a.wasm"), {"x": [x]}, limit_s=limit_s)


@pytest.mark.parametrize("x", [0, 7, 2**64, R - 1])
def test_a_program_with_the_exports_of_circom_computes(x):
    assert array.from_plain(run(program(), x).values) == [1, x]


def test_programs_of_the_first_circom_2_export_less():
    data = program(imports=IMPORTS.split("\n")[1], without="getInputSignalSize")
    assert array.from_plain(run(data).values) == [1, 7]
    with pytest.raises(FormatError, match="1 of 1 values are missing$"):
        calculator.calculate(calculator.load(data), {}, names=["main.x"])


LIES = {
    "no WebAssembly": (b"\0asm\1\0\0\0\xff", "is not a program in WebAssembly"),
    "a file": (program(imports='(import "wasi_snapshot_preview1" "fd_write" (func (param i32)))'),
               "imports wasi_snapshot_preview1.fd_write"),
    "a function of another module": (program(imports='(import "env" "exceptionHandler" (func (param i32)))'),
                                     "imports env.exceptionHandler"),
    "another function": (program(imports='(import "runtime" "readFile" (func (param i32)))'),
                         "imports runtime.readFile"),
    "a function of another shape": (program(imports='(import "runtime" "exceptionHandler" (func (param i64)))'),
                                    "imports runtime.exceptionHandler"),
    "a table of functions": (program(imports='(import "runtime" "table" (table 1 funcref))'),
                                    "imports runtime.table"),
    "a name that a terminal obeys": (program(imports='(import "runtime" "\\1b[31m" (func (param i32)))'),
                                     r"imports 'runtime\.\\x1b\[31m'"),
    "no getWitness": (program(without="getWitness"), "it has no getWitness"),
    "a getWitness of another shape": (program(getWitness="(param i64)"), "it has no getWitness"),
    "circom 1": (program(getVersion="(result i32) (i32.const 1)"), "is not a program of circom 2"),
    "another field": (program(prime=P), "for a field that is not BN254's"),
    "another size of field": (program(getFieldNumLen32="(result i32) (i32.const 2)"),
                              "for a field that is not BN254's"),
    "much memory": (program(pages=1 + sandbox.MAX_MEMORY_BYTES // sandbox.PAGE_BYTES), "more than 2147483648 bytes"),
    "no wires": (program(getWitnessSize="(result i32) (i32.const 0)"), "has a witness of 0 wires"),
    "many wires": (program(getWitnessSize="(result i32) (i32.const 16777217)"), "has a witness of 16777217 wires"),
    "negative wires": (program(getWitnessSize="(result i32) (i32.const -1)"), "has a witness of -1 wires"),
    "values above r": (program(getWitness=f"{FUNCTIONS['getWitness']} (if (local.get $i) (then {TOP_WORD}))"),
                       "gives no valid witness"),
    "a first that is not one": (program(getWitness="(param i32)"), "gives no valid witness"),
    "a trap": (program(init="(param i32) (unreachable)"), "a.wasm crashed: unreachable"),
    "a place beyond its memory": (program(init="(param i32) (i32.store (i32.const -4) (i32.const 1))"),
                                  "crashed: memory out of bounds"),
    "a stack without end": (program(more="(func $deep (call $deep))", init="(param i32) (call $deep)"),
                            "crashed: stack overflow"),
    "a failure of its own": (program(init="(param i32) (call $fail (i32.const 5))"), "a.wasm stops: Not enough memory"),
    "an unknown failure": (program(init="(param i32) (call $fail (i32.const 77))"), "a.wasm stops: Unknown error"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_program_that_differs_from_circoms_is_refused(name):
    data, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        run(data)


@pytest.mark.parametrize("changed", [
    {"init": f"(param i32) {FOREVER}"},
    {"getWitness": f"(param i32) {FOREVER}"},
    {"more": f"(func $start {FOREVER}) (start $start)"},
    {"more": "(func $a (call $b)) (func $b (nop))", "init": "(param i32) (loop $on (call $a) (br $on))"},
], ids=["init", "getWitness", "start", "calls"])  # fmt: skip
def test_a_program_that_does_not_end_is_ended(changed):
    before, started = threading.active_count(), time.monotonic()
    with pytest.raises(sandbox.Overdue, match="a.wasm did not end within 0.1 s"):
        run(program(**changed), limit_s=0.1)
    while threading.active_count() > before and time.monotonic() - started < PATIENCE_S:
        time.sleep(0.01)
    assert threading.active_count() <= before, "its thread ends too"


def test_ctrl_c_ends_a_program():
    started = time.monotonic()
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        run(program(init=f"(param i32) {FOREVER}"), limit_s=2 * PATIENCE_S)
    assert time.monotonic() - started < PATIENCE_S


def test_memory_does_not_grow_beyond_its_limit():
    grow = "(param i32) (if (i32.ge_s (memory.grow (i32.const %d)) (i32.const 0)) (then (unreachable)))"
    pages = sandbox.MAX_MEMORY_BYTES // sandbox.PAGE_BYTES
    assert len(run(program(init=grow % pages)).values) == 2
    with pytest.raises(FormatError, match="unreachable"):
        run(program(init=grow % 1))


def test_a_failed_assertion_is_reported_in_the_circuits_own_words():
    text = "Error in template A\x1b[1m line: 3\n"
    data = "".join(f"\\{byte:02x}" for byte in text.encode())
    more = f'(global $n (mut i32) (i32.const 511)) (data (i32.const 512) "{data}\\00")'
    read = "(result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.load8_u (global.get $n))"
    fails = program(more=more, getMessageChar=read, init="(param i32) (call $why) (call $fail (i32.const 4))")
    with pytest.raises(Unsatisfied, match=r"^a\.wasm stops: Assert Failed\. Error in template A\?\[1m line: 3$"):
        run(fails)


def test_endless_messages_and_countless_lines_are_cut(monkeypatch):
    endless = "(result i32) (i32.const 65)"
    with pytest.raises(Unsatisfied, match=f"Assert Failed. {'A' * messages.MAX_MESSAGE}$"):
        run(program(getMessageChar=endless, init="(param i32) (call $why) (call $fail (i32.const 4))"))
    monkeypatch.setattr(messages, "MAX_LINES", 3)
    lines = "(param i32) (local $i i32) (loop $on %s (local.set $i (i32.add (local.get $i) (i32.const 1)))" \
            " (br_if $on (i32.lt_u (local.get $i) (i32.const 5))))"  # fmt: skip
    newline = "(result i32) (global.set $c (i32.xor (global.get $c) (i32.const 10))) (global.get $c)"
    found = run(program(more="(global $c (mut i32) (i32.const 0))", getMessageChar=newline,
                        init=lines % "(call $number) (call $print)"))  # fmt: skip
    assert found.log == (str(R),) * 3


def test_without_wasmtime_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(sandbox.Unavailable, match=r"pip install 'zksettle\[circom\]'"):
        calculator.load(program())


def test_a_program_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_PROGRAM_BYTES", 10)
    with pytest.raises(FormatError, match="larger than 10 bytes"):
        calculator.load(program())


NESTED = "a.wasm calls back while its message is being read"
LOAD = "(i32.load (i32.shl (local.get $i) (i32.const 2)))"
FAILS_LATER = "(if (global.get $on) (then (call $fail (i32.const 4))))"
PRINTS, EXPLAINS = "(param i32) (call $print)", "(param i32) (call $why)"
NESTING = {
    "a number that prints itself": {"readSharedRWMemory": f"(param $i i32) (result i32) (call $number) {LOAD}"},
    "a message that prints": {"getMessageChar": "(result i32) (call $print) (i32.const 0)", "init": PRINTS},
    "a message that prints a number": {"getMessageChar": "(result i32) (call $number) (i32.const 0)", "init": EXPLAINS},
    "a message that fails": {"getMessageChar": "(result i32) (call $fail (i32.const 4)) (i32.const 0)", "init": PRINTS},
    "a number that fails": {
        "readSharedRWMemory": f"(param $i i32) (result i32) {FAILS_LATER} {LOAD}",
        "init": "(param i32) (global.set $on (i32.const 1)) (call $number)",
        "more": "(global $on (mut i32) (i32.const 0))",
    },
}


@pytest.mark.parametrize("name", NESTING)
def test_no_imported_function_is_entered_again(name):
    """In a process of its own: before, such a program corrupted the heap."""
    script = (
        "import sys\nfrom prover.circom import calculator\nfrom zk.errors import FormatError\n"
        "try: calculator.calculate(calculator.load(sys.stdin.buffer.read(), 'a.wasm'), {'x': [7]})\n"
        "except FormatError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], input=program(**NESTING[name]), cwd=ROOT, capture_output=True)
    assert done.returncode == 0 and done.stdout.decode() == f"{NESTED}\n", done


def test_a_message_without_the_function_to_read_it_with_is_refused():
    with pytest.raises(FormatError, match="has a message, but no getMessageChar to read it with"):
        run(program(without="getMessageChar", init="(param i32) (call $why)"))


def test_a_long_reason_is_cut():
    endless = "(result i32) (i32.const 65)"
    often = "(call $why) " * messages.MAX_REASONS
    with pytest.raises(Unsatisfied) as caught:
        run(program(getMessageChar=endless, init=f"(param i32) {often} (call $fail (i32.const 4))"))
    assert len(str(caught.value)) < messages.MAX_REASON + 100 and str(caught.value).endswith("A…")


def test_a_long_log_is_cut(monkeypatch):
    monkeypatch.setattr(messages, "MAX_CHARACTERS", 3000)
    found = run(program(getMessageChar="(result i32) (i32.const 65)", init="(param i32)" + "(call $print) " * 9))
    assert found.log == (" ".join(["A" * messages.MAX_MESSAGE] * 3),)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux limits the memory of one process")
def test_a_program_that_takes_much_memory_to_compile_is_refused():
    """In a process of its own, for the system only tells the most that any child of a process has taken."""
    script = (
        "import resource\n"
        "from prover.circom import calculator\n"
        "from tests.prover.circom.programs import functions\n"
        "try: calculator.load(functions(400_000), 'a.wasm')\n"
        "except Exception as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    sentence, most_kib = done.stdout.splitlines()
    assert re.match("compiling a.wasm takes more than 6.. MiB of memory, four times what", sentence)
    assert 0 < int(most_kib) < 4 * sandbox.compiling_bytes(1_600_028) >> 10


def test_a_compiling_process_that_fails_for_another_reason_is_not_blamed_on_memory(monkeypatch):
    monkeypatch.setattr(sandbox, "_SMALL_BYTES", 0)
    monkeypatch.setattr(sandbox, "_COMPILER", "raise ImportError('no library')")
    with pytest.raises(sandbox.Unavailable, match="the process that compiles a.wasm failed: ImportError: no library"):
        calculator.load(program(), "a.wasm")


def test_a_module_that_lies_beside_a_program_does_not_run(monkeypatch, tmp_path):
    (tmp_path / "wasmtime.py").write_text("open('has run', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sandbox, "_SMALL_BYTES", 0)
    assert array.from_plain(run(program()).values) == [1, 7]
    assert not (tmp_path / "has run").exists()


def test_a_large_program_is_compiled_in_a_process_of_its_own():
    padding = f'(data (i32.const 4096) "{"x" * sandbox._SMALL_BYTES}")'
    assert array.from_plain(run(program(pages=2, more=padding)).values) == [1, 7]
    with pytest.raises(FormatError, match="is not a program in WebAssembly"):
        run(program(pages=2, more=padding) + b"\xff")
    with pytest.raises(sandbox.Overdue, match="compiling a.wasm did not end within 0.01 s"):
        calculator.load(program(pages=2, more=padding), "a.wasm", limit_s=0.01)
