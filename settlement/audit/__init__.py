"""The whole history, verified again from the ledger alone.

Reading order: replay (what the history makes of the tables), replaying (every event), replayedblocks (bundles that
follow each other) · comparison (of each table), orderaudit and cosignatureaudit (of what is signed), audit (all of it).
"""
