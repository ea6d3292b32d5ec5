"""Proofs by themselves (proof, circuit, names, snarkjs), service, resident, bench, benchoutput and upkeep."""
