"""Commands of a trader: wallet (walletkeep moves it elsewhere), move (deposit, pay …), order, claim, loan and funds.

show puts amounts and orders into words, consent asks before an order is placed or taken, once has the option --once,
settled_run tells what has settled, final what of it is final, and seizures what the guardians took.

The bodies are in wallet_run, walletkeep_run, accounts_run, health_run, move_run, order_run, refresh_run, claim_run,
loan_run and funds_run, which are imported when a command runs.
"""
