"""The modules that all commands share.

command (groups, --home, --json), failure (exit codes), screen, watching (progress) · paths, pairs,
passphrase, workspace.
"""
