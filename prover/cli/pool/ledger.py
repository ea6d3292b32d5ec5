"""`zksettle ledger …`: show and audit the public record, and add to it."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.pool.promote import promote


@group()
def ledger() -> None:
    """Show the ledger, audit it, and settle finished bundles."""


@ledger.command()
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many events, newest last."
)
@pass_app
def show(app: App, **options: Any) -> None:
    """Show what is public: tree, custody, events.

    The newest event's digest stands for the whole history: note it, and give it to `zksettle ledger audit --expect`.
    """
    from prover.cli.pool import ledger_run

    ledger_run.show_ledger(app, **options)


@ledger.command()
@click.argument("bundle_file", metavar="FILE", type=paths.Existing())
@pass_app
def submit(app: App, **options: Any) -> None:
    """Settle a finished bundle, such as a deposit that its custodian has signed.

    Whoever submits it needs no wallet.  A bundle that settled before is left alone, with exit code 0.
    """
    from prover.cli.pool import submit_run

    submit_run.submit(app, **options)


@ledger.command()
@click.option("--listen", default="127.0.0.1:7464", show_default=True, metavar="ADDRESS:PORT",
              help="Where to listen. Port 0 takes one that is free.")  # fmt: skip
@click.option("--public", "is_public", is_flag=True, help="Allow an address that other machines can reach.")
@click.option("--database", envvar="ZKSETTLE_DATABASE", metavar="URL|FILE|embedded",
              help="Serve it from there: postgresql://…, a file, or a PostgreSQL of this home's own.")  # fmt: skip
@click.option("--processes", "count", type=click.IntRange(1, 64), metavar="N",
              help="How many processes check and settle; one that dies is replaced.  Default: one for every two cores.")
@pass_app
def serve(app: App, **options: Any) -> None:
    """Serve the ledger to others over HTTP until Ctrl-C or SIGTERM; what has begun is finished first.

    Bundles are settled as `ledger submit` does, and answered with a receipt that the operator's key has signed.  The
    routes are described at /openapi.json.  The log on standard error names bundles by their ids and says nothing of
    what is in them, nor of who sent them.

    With --database the ledger moves there, and every event is checked as it does.  From then on the file in this home
    is a copy that follows, and the home's other commands go through the service.
    """
    from prover.cli.pool import serve_run

    serve_run.serve(app, **options)


_output = click.option(
    "-o", "--output", type=paths.Output(), metavar="FILE", help="Write it to this file instead of showing it."
)


@ledger.command()
@_output
@pass_app
def checkpoint(app: App, **options: Any) -> None:
    """Sign a checkpoint of the log: how many events there are, and the root of the tree over them.

    It is a signed note, as transparency logs exchange them (c2sp.org/tlog-checkpoint).  Whoever keeps it can show later
    that the history was replaced.  The operator's key is on the machine that created the pool.
    """
    from prover.cli.pool import log_run

    log_run.sign(app, **options)


@ledger.command("prove-inclusion")
@click.argument("event", metavar="ID|HEIGHT")
@click.option("--checkpoint", "checkpoint_file", type=paths.Existing(), metavar="FILE",
              help="A checkpoint to prove it for.  Default: a new one.")  # fmt: skip
@_output
@pass_app
def prove_inclusion(app: App, **options: Any) -> None:
    """Prove that a bundle, or the event at a height, is in the log.

    The proof (c2sp.org/tlog-proof) has the event and a signed checkpoint in it, and is verified without the ledger.
    """
    from prover.cli.pool import log_run

    log_run.prove_inclusion(app, **options)


@ledger.command("prove-consistency")
@click.argument("older_file", metavar="CHECKPOINT", type=paths.Existing())
@_output
@pass_app
def prove_consistency(app: App, **options: Any) -> None:
    """Prove that the history of an older checkpoint is the beginning of the history now."""
    from prover.cli.pool import log_run

    log_run.prove_consistency(app, **options)


@ledger.command("verify-proof")
@click.argument("proof", metavar="FILE", type=paths.Existing())
@click.option("--older", "older_file", type=paths.Existing(), metavar="CHECKPOINT",
              help="FILE is a proof of consistency with this older checkpoint.")  # fmt: skip
@click.option("--key", "key_text", metavar="KEY",
              help="The operator's key, as `ledger checkpoint --json` shows it.  Default: that of the pool here.")
@pass_app
def verify_proof(app: App, **options: Any) -> None:
    """Verify a proof of inclusion, or of consistency; with --key it takes no ledger."""
    from prover.cli.pool import log_run

    log_run.verify(app, **options)


@ledger.command()
@click.argument("evidence", metavar="FILE", type=paths.Existing())
@click.option("--key", "key_text", metavar="KEY",
              help="The operator's key, as `ledger checkpoint --json` shows it.  Default: that of the pool here.")
@click.option("--validator", "validator_keys", metavar="KEY", multiple=True,
              help="With --key: a validator's key, as `validator new` shows it; may be repeated.")
@pass_app
def accuse(app: App, **options: Any) -> None:
    """Check evidence that somebody signed two histories of one ledger, or two successors of one operator.

    With --key it takes no ledger, so that anybody can check it.
    """
    from prover.cli.pool import log_run

    log_run.accuse(app, **options)


@ledger.command()
@click.option("--expect", multiple=True, metavar="DIGEST|FILE",
              help="An event that the history must have, from `zksettle ledger show`, or a file with a signed "
                   "checkpoint; may be repeated.")  # fmt: skip
@click.option("--ceremony", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Also compare the pool's keys with the ceremony in this folder, verified again.")  # fmt: skip
@click.option("--database", metavar="URL|FILE|embedded",
              help="Audit the ledger at postgresql://user@host/database, or in a file, instead of the home's.")
@pass_app
def audit(app: App, **options: Any) -> None:
    """Verify the whole history from the database alone.

    It checks the chain of events, roots, custody, signatures, grids, every proof, and that no event was lost which a
    wallet of this home saw, the ledger's list of settled events has, or --expect names.  With --ceremony it also checks
    that the pool's keys come from the ceremony that the pool names.
    """
    from prover.cli.pool import ledger_run

    ledger_run.audit_ledger(app, **options)


@ledger.command()
@click.option("--database", metavar="URL|FILE|embedded",
              help="Upgrade the ledger there, as `ledger serve` was given it, instead of the file in the home.")
@pass_app
def upgrade(app: App, **options: Any) -> None:
    """Make a ledger of an earlier version one that this version reads.

    What has settled stays as it is.  Stop the service before, and whatever else has the ledger open; if this command is
    interrupted, the ledger is still the one that it was.
    """
    from prover.cli.pool import ledger_run

    ledger_run.upgrade_ledger(app, **options)


ledger.add_command(promote)
