"""From an action to a settled bundle: an account is chosen, a leg planned, proved, signed, bound and submitted."""
