"""Runs `zksettle circuit …`.  Needs no kernels."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from circuits import registry, samples
from circuits.statements import statement as statements
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files, tasks
from prover.proofs import inspection
from zk.errors import Unsatisfied
from zk.formats import r1cswriter

BAR = 24
SHOWN = 10


def list_all(app: App) -> None:
    """Shows every statement."""
    facts = [inspection.facts(name) for name in registry.names()]
    app.screen.table(
        ("statement", ">constraints", ">domain", ">public", "claim"),
        [(f.name, f"{f.constraints:,}", f"2^{f.domain.bit_length() - 1}", str(len(f.public)), f.claim) for f in facts],
    )
    app.screen.document({"statements": [asdict(one) for one in facts]})


def info(app: App, statement: str) -> None:
    """Shows one statement."""
    facts = inspection.facts(statement)
    app.screen.fields([
        ("statement", facts.name),
        ("claim", facts.claim),
        ("constraints", f"{facts.constraints:,}"),
        ("wires", f"{facts.wires:,}"),
        ("non-zeros", f"{facts.nonzeros:,} in A, B and C"),
        ("domain", f"2^{facts.domain.bit_length() - 1} = {facts.domain:,} points"),
        ("public inputs", f"{len(facts.public)}: {', '.join(registry.get(statement).public_fields)}"),
        ("private inputs", str(facts.private)),
        ("fingerprint", facts.fingerprint),
        ("", "as pinned" if facts.is_pinned else "NOT the pinned one"),
    ])  # fmt: skip
    app.screen.document(asdict(facts))


def profile(app: App, statement: str, depth: int, lines: int) -> None:
    """Shows the constraints of each scope and of the lines that add the most."""
    compiled = registry.compiled(statement)
    total, scopes = compiled.r1cs.num_constraints, inspection.scopes(compiled)
    largest = inspection.lines(compiled)[:lines]
    app.screen.table(
        ("scope", ">constraints", ">share", ""),
        [*_scope_rows(scopes, total, depth), ("total", f"{total:,}", "", "")],
    )
    if largest:
        rows = [(f"{file}:{line}", f"{count:,}", f"{count / total:.1%}") for file, line, count in largest]
        app.screen.gap()
        app.screen.table(("line that adds them", ">constraints", ">share"), rows)
    app.screen.document({
        "statement": statement,
        "constraints": total,
        "scopes": [asdict(scope) for scope in scopes],
        "lines": [{"file": file, "line": line, "constraints": count} for file, line, count in largest],
    })  # fmt: skip


def _scope_rows(
    scopes: tuple[inspection.Scope, ...], total: int, depth: int, indent: str = ""
) -> list[tuple[str, str, str, str]]:
    rows = []
    for scope in scopes:
        name = indent + scope.name + (f" × {scope.repeats}" if scope.repeats > 1 else "")
        share = scope.constraints / total
        rows.append((name, f"{scope.constraints:,}", f"{share:.1%}", "█" * round(share * BAR)))
        if depth > 1:
            rows += _scope_rows(scope.parts, total, depth - 1, indent + "  ")
    return rows


def check(app: App, statement: str, input: Path, show_secrets: bool) -> None:
    """Shows the first violated constraint.  Raises Unsatisfied when there is one."""
    public, private = statements.read(registry.get(statement), paths.read_bytes(input))
    result = inspection.check(statement, public, private)
    app.screen.document(_check_document(statement, result, show_secrets))
    if result.violation is None and result.false is None:
        constraints = registry.compiled(statement).r1cs.num_constraints
        app.screen.say(f"{statement}: the input satisfies all {constraints:,} constraints")
        return
    app.screen.fields(_check_fields(result, show_secrets))
    if app.screen.is_json:
        raise click.exceptions.Exit(1)
    reason = result.false or (result.violation.why if result.violation else "")
    raise Unsatisfied(f"the input does not make {statement} true: {reason}")


def _check_fields(result: inspection.Check, show_secrets: bool) -> list[tuple[str, str]]:
    violation = result.violation
    rows = [("false", result.false or "nothing in the relation")]
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
        rows.append(("values", "hidden; --show-secrets prints them"))
    return rows


def _check_document(statement: str, result: inspection.Check, show_secrets: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "statement": statement,
        "satisfied": result.violation is None and result.false is None,
        "false": result.false,
    }
    if (violation := result.violation) is None:
        return {**document, "violation": None}
    fields = {name: getattr(violation, name) for name in ("index", "path", "why", "file", "line")}
    if show_secrets:
        fields |= {name: str(getattr(violation, name)) for name in ("left", "right", "product")}
    return {**document, "violation": fields}


def sample(app: App, statement: str) -> None:
    """Prints an input as JSON."""
    public, private = samples.honest(statement)[0]
    document = {"public": statements.to_json(public), "private": statements.to_json(private)}
    app.screen.block(json.dumps(document, indent=1))
    app.screen.document(document)


def export(app: App, statement: str, output: Path) -> None:
    """Writes OUT.r1cs."""
    compiled = registry.compiled(statement)
    paths.check_folder(output)
    with files.writing(output) as file:
        r1cswriter.write(file, compiled.r1cs, len(compiled.private_names))
    app.screen.say(f"Wrote the {compiled.r1cs.num_constraints:,} constraints of {statement} to {output}.")
    app.screen.document({"statement": statement, "r1cs": str(output), "fingerprint": registry.pinned(statement)})


def audit(app: App, statement: str, inputs: tuple[Path, ...]) -> None:
    """Shows the audit's findings; exit code 1 unless the audit finds the circuit sound."""
    given = [statements.read(registry.get(statement), paths.read_bytes(path)) for path in inputs]
    with watching.show_progress(app), tasks.task(f"Auditing {statement}"):
        report = inspection.audit_statement(statement, given)
    app.screen.fields([
        ("statement", statement),
        ("examined", f"{report.witnesses} satisfying inputs and {report.lies} false ones"),
        ("wires", f"{report.computed_wires:,} computed from the inputs"),
        ("undetermined", _list_text(report.undecided)),
        ("movable", _list_text(report.movable)),
        ("divisions", f"{len(report.divisions):,} constraints determine a wire only where a divisor is not zero"),
        ("constraints", f"{report.constraints:,}"),
        ("idle", _list_text([f"{c.path}: {c.why} ({c.file}:{c.line})" for c in report.idle])),
    ])  # fmt: skip
    app.screen.say(f"{statement} is {'sound as far as this audit sees' if report.is_sound else 'NOT sound'}")
    app.screen.document({**inspection.report_json(report), "sound": report.is_sound})
    if not report.is_sound:
        raise click.exceptions.Exit(1)


def _list_text(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return "\n".join([*names[:SHOWN], *more])
