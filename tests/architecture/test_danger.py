"""Names that warn, `insecure_…` and `…_unchecked`, are mentioned only where they must be."""

import ast
import re
from collections import Counter

from tests.architecture.tree import SOURCES, relative, syntax

DANGEROUS = re.compile(r"^_?insecure_|_unchecked$")

ALLOWED = {
    # the pool's own warning, shown wherever a pool is shown
    "insecure_dev": {
        "prover/bench/simulated.py",
        "prover/cli/pool/ledger_run.py",
        "prover/cli/pool/pool_run.py",
        "prover/cli/trader/show.py",
        "prover/premises.py",
        "prover/operator/creation.py",
        "prover/upkeep/doctor.py",
        "settlement/pool/pool.py",
    },
    # what nothing has checked yet: manybundles asks about all points of many bundles at once
    "decode_leg_unchecked": {"settlement/bundles/encoding.py", "settlement/checks/checks.py"},
    "decode_bundle_unchecked": {"settlement/bundles/encoding.py", "settlement/bundles/manybundles.py"},
    "read_proof_unchecked": {"settlement/fieldreader.py", "zk/groth16/keys.py"},
    "insecure_blinding": {"zk/groth16/prover.py"},  # its definition; only tests fix a proof's randomness
}


def dangerous_names(tree: ast.AST) -> set[str]:
    """The warning names that a syntax tree defines, reads, calls or passes by keyword."""
    names: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str) and DANGEROUS.search(value):
                names.add(value)
    return names


def test_dangerous_names_are_mentioned_only_where_they_are_allowed():
    mentions = {(name, relative(path)) for path in SOURCES for name in dangerous_names(syntax(path))}
    allowed = {(name, path) for name, paths in ALLOWED.items() for path in paths}
    assert sorted(mentions - allowed) == []


def test_the_list_of_allowed_places_has_no_stale_entry():
    mentions = Counter(name for path in SOURCES for name in dangerous_names(syntax(path)))
    assert {name: len(paths) for name, paths in ALLOWED.items()} == dict(mentions)


def test_every_kind_of_mention_is_noticed():
    for source in ("insecure_x = 1", "a.read_unchecked(b)", "f(insecure_x=1)", "def _insecure_f(): pass",
                   "from a import read_unchecked"):  # fmt: skip
        assert dangerous_names(ast.parse(source)), source
