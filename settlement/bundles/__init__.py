"""What settles, and its bytes.

Reading order: bundle (the data and its limits), legfields, flowencoding (with references, the payments' outside names),
seizureencoding, encoding (all of it as bytes), manybundles (a block's at once), bundlejson (for people) · digests (ids,
and what is signed), conversion (between claims), balance (the sum that must be zero).
"""
