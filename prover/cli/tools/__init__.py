"""Proofs by themselves (proof, circuit, names, snarkjs, snarkjs_run), service, resident, bench, benchoutput, upkeep."""
