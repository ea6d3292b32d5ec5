"""Digests of everything that may be compiled into the kernels of a module: its code, and all code that it imports.

Imports are the only way to other code, for a kernel may close over numbers, never over a kernel.  The digests cover
syntax trees without docstrings and without annotations of functions, which Numba ignores.  So an edit to prose,
comments, layout or types changes no digest; nor does moving the checkout or touching its files.
"""

import ast
import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def sha256(text: str) -> str:
    """In hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_sources() -> str:
    """A SHA-256 of the bytes of all source files, which takes a hundredth of the time of `computed`."""
    sources = hashlib.sha256(sys.version.encode())
    for path in sorted(ROOT.rglob("*.py")):
        sources.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return sources.hexdigest()


def module_of(path: Path) -> str:
    """The dotted name of a file of this package."""
    return ".".join(("zk", *path.relative_to(ROOT).with_suffix("").parts))


def _imported(tree: ast.Module) -> set[Path]:
    """The files of this package that a module imports, always as `from zk… import …`."""
    files: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "zk":
            folder = ROOT.joinpath(*node.module.split(".")[1:])
            candidates = [folder, *(folder / alias.name for alias in node.names)]
            files.update(path for path in (c.with_suffix(".py") for c in candidates) if path.is_file())
    return files


def _code(tree: ast.Module) -> str:
    """The syntax tree as text, without docstrings, annotations of functions and positions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            del node.body[0]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def _reached(start: Path, imports: dict[Path, set[Path]]) -> set[Path]:
    """A file and every file that it imports, directly or not."""
    reached, pending = {start}, [start]
    while pending:
        new = imports[pending.pop()] - reached
        reached |= new
        pending.extend(new)
    return reached


def computed() -> dict[str, str]:
    """For every module that holds a kernel or may, a SHA-256 of its code and of all code that it imports."""
    trees = {path: ast.parse(path.read_bytes()) for path in sorted(ROOT.rglob("*.py"))}
    imports = {path: _imported(tree) for path, tree in trees.items()}
    code = {path: f"{module_of(path)} {sha256(_code(tree))}" for path, tree in trees.items()}
    reached = {path: _reached(path, imports) for path in trees}
    return {
        module_of(path): sha256("\n".join(sorted(code[other] for other in others)))
        for path, others in reached.items() if ROOT / "runtime" / "jit.py" in others
    }  # fmt: skip
