"""`zksettle circuit …`: what is proved, what it costs, and why an input does not fit."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import paths, watching
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools.names import statement_argument
from zk.errors import Unsatisfied

if TYPE_CHECKING:
    from prover.proofs.inspection import Check, Scope

BAR = 24
SHOWN = 10


@group()
def circuit() -> None:
    """Look into the statements and their circuits."""


@circuit.command("list")
@pass_app
def list_(app: App) -> None:
    """All statements: what they claim and how large they are."""
    from circuits import registry
    from prover.proofs import inspection

    found = [inspection.facts(name) for name in registry.names()]
    app.screen.table(
        ("statement", ">constraints", ">domain", ">public", "claim"),
        [(f.name, f"{f.constraints:,}", f"2^{f.domain.bit_length() - 1}", str(len(f.public)), f.claim) for f in found],
    )
    app.screen.document([asdict(facts) for facts in found])


@circuit.command()
@statement_argument
@pass_app
def info(app: App, statement: str) -> None:
    """One statement: size, public inputs, fingerprint."""
    from prover.proofs import inspection

    facts = inspection.facts(statement)
    app.screen.fields([
        ("statement", facts.name),
        ("claim", facts.claim),
        ("constraints", f"{facts.constraints:,}"),
        ("wires", f"{facts.wires:,}"),
        ("non-zeros", f"{facts.nonzeros:,} in A, B and C"),
        ("domain", f"2^{facts.domain.bit_length() - 1} = {facts.domain:,} points"),
        ("public inputs", ", ".join(facts.public)),
        ("private inputs", str(facts.private)),
        ("fingerprint", facts.fingerprint),
        ("", "as pinned" if facts.is_pinned else "NOT the pinned one"),
    ])  # fmt: skip
    app.screen.document(asdict(facts))


@circuit.command()
@statement_argument
@click.option(
    "--depth", type=click.IntRange(1, 8), default=2, show_default=True, help="How many levels of scopes to show."
)
@click.option("--lines", "shown_lines", type=click.IntRange(0, 1000), default=8, show_default=True,
              help="How many lines of code to show.")  # fmt: skip
@pass_app
def profile(app: App, statement: str, depth: int, shown_lines: int) -> None:
    """Show where the constraints come from.

    Scope by scope, and line by line of code.
    """
    from circuits import registry
    from prover.proofs import inspection

    compiled = registry.compiled(statement)
    total, scopes = compiled.r1cs.num_constraints, inspection.scopes(compiled)
    lines = inspection.lines(compiled)[:shown_lines]
    app.screen.table(
        ("scope", ">constraints", ">share", ""),
        [*_scope_rows(scopes, total, depth), ("total", f"{total:,}", "", "")],
    )
    if lines:
        rows = [(f"{file}:{line}", f"{count:,}", f"{count / total:.1%}") for file, line, count in lines]
        app.screen.gap()
        app.screen.table(("line that makes them", ">constraints", ">share"), rows)
    app.screen.document({
        "statement": statement,
        "constraints": total,
        "scopes": [asdict(scope) for scope in scopes],
        "lines": [{"file": file, "line": line, "constraints": count} for file, line, count in lines],
    })  # fmt: skip


def _scope_rows(
    scopes: tuple["Scope", ...], total: int, depth: int, indent: str = ""
) -> list[tuple[str, str, str, str]]:
    rows = []
    for scope in scopes:
        name = indent + scope.name + (f" × {scope.repeats}" if scope.repeats > 1 else "")
        share = scope.constraints / total
        rows.append((name, f"{scope.constraints:,}", f"{share:.1%}", "█" * round(share * BAR)))
        if depth > 1:
            rows += _scope_rows(scope.parts, total, depth - 1, indent + "  ")
    return rows


@circuit.command()
@statement_argument
@click.argument("input", type=paths.Existing())
@click.option(
    "--show-secrets", is_flag=True, help="Also print the values of the violated constraint, which may be secret."
)
@pass_app
def check(app: App, statement: str, input: Path, show_secrets: bool) -> None:
    """Find the first constraint that INPUT violates.

    INPUT is a JSON file with the public and the private inputs; `circuit sample` prints one.
    """
    from circuits import registry
    from circuits.statements import statement as statements
    from prover.proofs import inspection

    public, private = statements.read(registry.get(statement), paths.read_bytes(input))
    found = inspection.check(statement, public, private)
    app.screen.document(_check_document(statement, found, show_secrets))
    if found.violation is None and found.false is None:
        app.screen.say(
            f"{statement}: the input satisfies all {registry.compiled(statement).r1cs.num_constraints:,} constraints"
        )
        return
    app.screen.fields(_check_fields(found, show_secrets))
    if app.screen.is_json:
        raise click.exceptions.Exit(1)
    raise Unsatisfied(f"the input does not make {statement} true: {found.false or found.violation.why}")


def _check_fields(found: "Check", show_secrets: bool) -> list[tuple[str, str]]:
    violation = found.violation
    rows = [("false", found.false or "nothing in the relation")]
    if violation is None:
        return [*rows, ("constraint", "none is violated: the relation and the constraints disagree")]
    rows += [
        ("constraint", f"{violation.index} (counted from 0)"),
        ("path", violation.path or "(top)"),
        ("reason", violation.why),
        ("line", f"{violation.file}:{violation.line}"),
    ]
    if show_secrets:
        rows.append(("values", f"{violation.left}\n· {violation.right}\n≠ {violation.product}"))
    else:
        rows.append(("values", "not shown; --show-secrets prints them"))
    return rows


def _check_document(statement: str, found: "Check", show_secrets: bool) -> dict:
    document = {
        "statement": statement,
        "satisfied": found.violation is None and found.false is None,
        "false": found.false,
    }
    if (violation := found.violation) is None:
        return {**document, "violation": None}
    shown = {name: getattr(violation, name) for name in ("index", "path", "why", "file", "line")}
    if show_secrets:
        shown |= {name: str(getattr(violation, name)) for name in ("left", "right", "product")}
    return {**document, "violation": shown}


@circuit.command()
@statement_argument
@pass_app
def sample(app: App, statement: str) -> None:
    """Print a true input of the statement.

    As `prove` and `circuit check` read it; nothing in it is secret.
    """
    from circuits import samples
    from circuits.statements import statement as statements

    public, private = samples.honest(statement)[0]
    document = {"public": statements.to_json(public), "private": statements.to_json(private)}
    app.screen.block(json.dumps(document, indent=1))
    app.screen.document(document)


@circuit.command()
@statement_argument
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.r1cs")
@pass_app
def export(app: App, statement: str, output: Path) -> None:
    """Write the statement's circuit as circom would.

    So snarkjs, and everybody's own programs, can look at the constraints and hold keys against them.
    """
    from circuits import registry
    from prover.machine import files
    from zk.formats import r1cswriter

    compiled = registry.compiled(statement)
    paths.check_folder(output)
    with files.writing(output) as file:
        r1cswriter.write(file, compiled.r1cs, len(compiled.private_names))
    app.screen.say(f"The {compiled.r1cs.num_constraints:,} constraints of {statement} are in {output}.")
    app.screen.document({"statement": statement, "r1cs": str(output), "fingerprint": registry.pinned(statement)})


@circuit.command()
@statement_argument
@click.argument("inputs", type=paths.Existing(), nargs=-1)
@pass_app
def audit(app: App, statement: str, inputs: tuple[Path, ...]) -> None:
    """Search a statement's circuit for what its constraints leave open.

    Whether the constraints determine every wire, whether any private wire can move while the inputs stay, and whether
    every constraint carries weight: looked at around samples, and around true INPUTS, JSON files, if any are given.
    """
    from circuits import registry
    from circuits.statements import statement as statements
    from prover.machine import tasks
    from prover.proofs import inspection

    given = [statements.read(registry.get(statement), paths.read_bytes(path)) for path in inputs]
    with watching.show_progress(app), tasks.task(f"Auditing {statement}"):
        report = inspection.audit(statement, given)
    app.screen.fields([
        ("statement", statement),
        ("looked at", f"{report.witnesses} true inputs and {report.lies} false ones"),
        ("wires", f"{report.computed_wires:,} computed from the inputs"),
        ("undetermined", _listed(report.undecided)),
        ("movable", _listed(report.movable)),
        ("divisions", f"{len(report.divisions):,} constraints determine a wire only where a divisor is not zero"),
        ("constraints", f"{report.constraints:,}"),
        ("without weight", _listed([f"{c.path}: {c.why} ({c.file}:{c.line})" for c in report.idle])),
    ])  # fmt: skip
    app.screen.say(f"{statement} is {'sound as far as this audit sees' if report.is_sound else 'NOT sound'}")
    app.screen.document({**inspection.report_json(report), "sound": report.is_sound})
    if not report.is_sound:
        raise click.exceptions.Exit(1)


def _listed(found: Sequence[str]) -> str:
    if not found:
        return "none"
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n".join([*found[:SHOWN], *more])
