"""Requests for quote: an asker asks chosen makers, they answer with firm legs, and the asker settles what it likes.

    messages                     what a request and an answer are, and their bytes inside letters
    memory                       what an asker and a maker remember, in a file beside the wallet
    asking, answering            from a wish to letters; from a request to two proved legs and the letter with them
    inbox, post, checking        from carriers to letters, and to quotes that would settle
    structures, taking           from quotes, of several makers perhaps, to one bundle

A request hides who asks, who else is asked, and which side the asker is on; a quote is firm on both sides, because each
is a proved leg that the asker alone can settle.  Both are on one account, so that one of them can.
"""
