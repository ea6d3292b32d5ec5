"""What passes between a ledger's service and those who use it.

Reading order: protocol (what is asked of a service), refusals (what it raises), work (what a request costs while many
wait), client (requests) · postings (orders as bytes), many (of them at once), letterpage (letters as bytes) · receipts
(what settling is answered with) · evidence (of who contradicts himself), succeeding (other operators), relay (where
they are).
"""
