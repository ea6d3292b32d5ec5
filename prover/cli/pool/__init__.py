"""Commands of a pool and its home: pool, home, oracle, custodian, guardian, governance, validator, ledger, promote,
receipt, ceremony; transcripts verifies and shows a ceremony, guardian_show what guardians do, receipt_show receipts,
receipt_checkpoint says what these are made against, databaseplace reads --database.

The bodies are in pool_run, founding_run, join_run, home_run, ownkey_run, oracle_run, custodian_run, guardian_run,
guardianfund_run, guardiansell_run, governance_run, ledger_run, log_run, submit_run, serve_run, receipt_run,
receiptnet_run, validator_run, cosigning, promote_run and ceremony_run, which are imported when a command runs.

relay and relay_run carry orders and letters for others.
"""
