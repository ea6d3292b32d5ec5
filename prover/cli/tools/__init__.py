"""Commands for single proofs, benchmarks and upkeep.

proof, circuit (names) · snarkjs · service (resident) · bench (benchpeers, benchoptions) · upkeep.  Each file of
commands has a `…_run` beside it that is imported when a command runs: proof_run, circuit_run, snarkjs_run, service_run,
upkeep_run, bench_run.
"""
