"""Commands of a pool and its home: pool, home, oracle, custodian, guardian, governance, validator, ledger, promote,
receipt, ceremony; transcripts verifies and shows a ceremony, guardian_show shows what guardians do,
databaseplace reads --database.

The bodies are in pool_run, founding_run, join_run, home_run, ownkey_run, oracle_run, custodian_run, guardian_run,
guardianfund_run, guardiansell_run, governance_run, ledger_run, log_run, submit_run, serve_run, receipt_run,
validator_run, cosigning, promote_run and ceremony_run, which are imported when a command runs.
"""
