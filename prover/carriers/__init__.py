"""Carriers: how orders, withdrawals and letters get from one desk to others, whom nobody has to trust.

carrier (the interface), letters (what only one reader can open), memory (a carrier within a process), mailbox (the
ledger's own service), mailboard (many orders for it), mailboxreading (what it tells) · nostr (relays), nostrevents
(what goes over them), nostranswers (what they say of it), nostrear (one relay, heard whatever happens), nostrlistening
(all of them), nostrloop (the thread of nostr-sdk) · admission (what comes from a carrier, checked as the ledger's board
checks it), shelf (what was admitted), checker (the thread that does it), nostrpolicy and nostrrelay (a relay that
carries only orders that would settle), gossip (carriers that tell each other what they have), meters (what went where)
· dispatch (what was sent, and what became of it), journals (where that is kept), carriedorders (a board over carriers),
carrierfile (which ones a home names), carrying (both together).
"""
