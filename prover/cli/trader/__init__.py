"""Commands of a trader: wallet, move (deposit, withdraw, pay), order; show puts amounts and orders into words."""
