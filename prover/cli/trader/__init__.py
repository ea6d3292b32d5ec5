"""Commands of a trader: wallet, move (deposit, withdraw, pay), order; show puts amounts and orders into words,
and consent asks before an order is placed or taken.

The bodies are in wallet_run, accounts_run, move_run and order_run, which are imported when a command runs.
"""
