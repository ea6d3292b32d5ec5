"""Compiling ahead: the exercises use every kernel of a proof, and no compiling process is left behind."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from prover.machine import tasks
from prover.upkeep import compilers, exercises, warmup

ROOT = Path(__file__).parents[3]

# Runs exercises in a process of its own and prints the kernels that Numba loaded or compiled.
LOADED = """
import sys
from numba.core.dispatcher import Dispatcher
loaded = []
add = Dispatcher.add_overload
Dispatcher.add_overload = lambda self, result: (loaded.append(self.py_func.__qualname__), add(self, result))[1]
from prover.upkeep import exercises
for name in sys.argv[1:]:
    exercises.PROVING[name]()
before = len(loaded)
"""
PROVE = """
exercises.proof()
print(*loaded[before:])
"""
SETTLE = """
import tempfile
from pathlib import Path
from prover.bench import simulated, swaps
from settlement import engine
from settlement.ledger import Ledger
made = simulated.pool(bytes(range(32)), 1)
with tempfile.TemporaryDirectory() as folder, Ledger.create(Path(folder) / "ledger.sqlite", made.pool, 1) as ledger:
    sent = swaps.plain(made, ledger.reader.tree().root, 2, 1)
    before = len(loaded)
    receipts = engine.submit_all(ledger, sent, 1)
assert len(receipts) == 2, receipts
print(*loaded[before:])
"""


def left_for(program: str, *names: str) -> set[str]:
    """The kernels that a program still loads after these exercises."""
    done = subprocess.run([sys.executable, "-c", LOADED + program, *names], capture_output=True, text=True, check=True,
                          cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    return set(done.stdout.split())


def test_the_exercises_leave_little_to_the_proof_itself():
    left = left_for(PROVE, *exercises.PROVING)
    assert left and not any(name.startswith(("_miller", "_set_sums", "_combinations", "_run_one")) for name in left)
    assert left < left_for(PROVE, "reading")


def test_the_exercises_leave_nothing_to_the_first_block_of_a_ledger():
    assert left_for(SETTLE, *exercises.PROVING) == set()
    assert {"_g2", "_baby_jubjub"} < left_for(SETTLE, "verification_of_many")


def test_each_exercise_runs_once_over_all_processes(monkeypatch):
    answers = []
    monkeypatch.setattr(compilers, "_MAIN", "import sys\nfor line in sys.stdin: print(line, end='', flush=True)")
    compilers.run(map(str, range(20)), 3, lambda: answers.append(None))
    assert len(answers) == 20


@pytest.mark.parametrize("program", ["", "input(); raise SystemExit(1)", "import os; os.kill(os.getpid(), 9)"])
def test_a_process_that_fails_blocks_nothing(monkeypatch, program):
    monkeypatch.setattr(compilers, "_MAIN", program)
    run = threading.Thread(target=compilers.run, args=(["a", "b", "c"], 2, lambda: None), daemon=True)
    run.start()
    run.join(timeout=300)
    assert not run.is_alive()


def test_the_watcher_of_the_task_sees_each_exercise_finish(monkeypatch):
    seen = []

    class Watcher:
        began = ended = staticmethod(lambda task: None)
        advanced = staticmethod(lambda task: seen.append(task.done))

    monkeypatch.setattr(compilers, "_MAIN", "import sys\nfor line in sys.stdin: print(line, end='', flush=True)")
    with tasks.watched_by(Watcher()), tasks.task("Compiling", total=5) as task:
        compilers.run("abcde", 2, task.advance)
    assert seen == [1, 2, 3, 4, 5]


def test_a_module_in_the_current_folder_does_not_run(monkeypatch, tmp_path):
    (tmp_path / "numba.py").write_text("open('has run', 'w')")
    monkeypatch.chdir(tmp_path)
    compilers.run(["no exercise"], 1, lambda: None)
    assert not (tmp_path / "has run").exists()


@pytest.mark.parametrize("program", [None, "", "/nowhere/python"])
def test_without_processes_nothing_is_compiled_ahead(monkeypatch, program):
    monkeypatch.setattr(compilers.sys, "executable", program)
    compilers.run(["reading"], 2, lambda: pytest.fail("nothing ran"))


def test_a_process_ends_when_its_input_ends():
    child = compilers._start()
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=300) == 0


def test_kernels_are_compiled_once(monkeypatch, tmp_path):
    monkeypatch.setattr(warmup, "folder", lambda: tmp_path)
    assert not warmup.is_warm()
    assert warmup.compile_kernels() is True
    assert warmup.is_warm()
    assert warmup.compile_kernels() is False
