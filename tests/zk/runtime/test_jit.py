"""Python cannot call kernels without an entry point for it, and those with one state their types."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import zk
from zk.fields import fp
from zk.runtime import jit
from zk.runtime.jit import by_type

ROOT = Path(zk.__file__).parent


def test_python_cannot_call_an_inner_kernel():
    with pytest.raises(TypeError, match="only kernels call this"):
        fp.mul((1, 0, 0, 0), (1, 0, 0, 0))


def test_python_cannot_call_a_function_chosen_by_type():
    with pytest.raises(TypeError, match="only kernels call this"):
        by_type(fp.mul)((1, 0, 0, 0), (1, 0, 0, 0))


def untyped_kernels(source: str) -> list[str]:
    """The functions decorated as `kernel` that lack an annotation of a parameter or of the result."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    kernels = [f for f in functions if any(ast.unparse(decorator) == "kernel" for decorator in f.decorator_list)]
    return [f.name for f in kernels if f.returns is None or any(a.annotation is None for a in f.args.args)]


def test_kernels_that_python_calls_are_annotated():
    assert untyped_kernels("@kernel\ndef f(a: int): ...\n@kernel\ndef g(a) -> None: ...\n") == ["f", "g"]
    files = [*(ROOT / "fields").glob("*.py"), ROOT / "microbench.py", ROOT / "ntt" / "polynomial.py"]
    assert [name for path in files for name in untyped_kernels(path.read_text("utf-8"))] == []


@jit.inner
def _callee(a):
    return a + 1


@jit.inlined
def _inlined_caller(a):
    return _callee(a)


@jit.kernel
def _entry(a: int) -> int:
    return _inlined_caller(a)


def test_a_kernel_is_inlined_only_if_it_says_so_whoever_calls_it_first():
    """Numba lets a callee inherit `forceinline`, so machine code would depend on the order of compilation."""
    for kernel in (_callee, _inlined_caller, _entry):
        kernel._cache.disable()  # what an earlier run compiled would be loaded without its parts
    assert _entry(1) == 2
    (callee,), (inlined,) = (_attributes(kernel) for kernel in (_callee, _inlined_caller))
    assert "alwaysinline" in inlined and "alwaysinline" not in callee


def _attributes(kernel) -> list[str]:
    """The LLVM attributes of a kernel's own function, one string per compiled signature."""
    found = []
    for overload in kernel.overloads.values():
        function = overload.library.get_function(overload.fndesc.llvm_func_name)
        found.append(" ".join(map(str, function.attributes)))
    return found


def test_kernels_import_where_numba_is_told_to_compile_nothing():
    done = subprocess.run([sys.executable, "-c", "import zk.pairing"], env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
                          cwd=ROOT.parent, check=False)  # fmt: skip
    assert done.returncode == 0
