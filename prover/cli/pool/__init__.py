"""Commands of a pool: pool, oracle, ledger, ceremony; transcripts verifies and shows a ceremony."""
