"""Mathematics and the proof system: fields, curves, hashes, Groth16.  Knows nothing about money.

Reading order: errors, entropy, domains · runtime · fields · curves · pairing · ntt · msm · r1cs · hashes, signature ·
threshold · groth16 · formats · contracts · ceremony · microbench, which only benchmarks run.
Imports nothing of circuits, settlement or prover.
"""
