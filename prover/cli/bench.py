"""`zksettle bench …`."""
from prover.cli.command import group
@group()
def bench(): "Measure."
