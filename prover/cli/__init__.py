"""The command line, one file per group of commands.

Reading order: main, command, failure · screen, watching, show · passphrase, files, sitting · pool, wallet, move,
order, oracle, ledger · proof, circuit, snarkjs · bench, upkeep · demo, whose acts are in prover.demo.
Commands parse, call and print; what they call is in prover.  Nothing but click is imported before a command runs.
"""
