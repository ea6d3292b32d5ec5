"""Commands of a pool and its home: pool, home, oracle, ledger, ceremony; transcripts verifies and shows a ceremony.

The bodies are in pool_run, home_run, oracle_run, ledger_run and ceremony_run, which are imported when a command runs.
"""
