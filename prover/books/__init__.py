"""A wallet's books: what it traded, has, gained and paid, from its files and the ledger's public data alone.

    past, states, lines, book        every bundle that changed an account, taken apart into lines that add up
    valuing, costs, postings         prices of the oracles, costs at average or first in first out, values of lines
    profit, carries                  profit and loss; interest and funding
    blotter, cells, tables           trades with their origin, and all of it as tables, in CSV and JSON
"""
