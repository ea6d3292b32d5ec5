"""Commands of a trader: wallet (walletkeep moves it elsewhere), account, move (deposit, pay …), contact, order,
rfq, claim, loan, funds and viewing.

show puts amounts and orders into words, consent asks before an order is placed or taken, once has the option --once,
settled_run tells what has settled, final what of it is final, and seizures what the guardians took.

The bodies are in wallet_run, walletkeep_run, accounts_run, health_run, move_run, contact_run, order_run, lots_run,
refresh_run, rfq_run (with rfq_show), claim_run, loan_run, funds_run and viewing_run, which are imported when a command
runs.

book and book_run show what a wallet traded, has and gained.

orders is order with what orderlife and stop add to it (orderlife_run, stop_run): what becomes of orders after they are
placed, and stops.

desk runs a desk that quotes by itself: desk_run (run and stop), desk_init_run, desk_check_run, and desk_show_run
(status and journal).

carrier and carrier_run name carriers, sent_run shows what went over them.
"""
