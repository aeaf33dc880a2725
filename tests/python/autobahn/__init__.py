"""The case groups of the Autobahn test suite for WebSockets, in Python 3: the suite itself needs Python 2.7.

`cases` lists every case with its number there and what is expected of a peer that takes text only; `peer` plays one.
"""
