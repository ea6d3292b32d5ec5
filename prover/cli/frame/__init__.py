"""The modules that all commands share.

command (groups, --home, --ledger, --json), elsewhere (what --ledger means), failure (exit codes), screen, watching
(progress) · paths, pairs, passphrase, workspace.
"""
