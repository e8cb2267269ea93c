"""What makes two runs differ: the sources that may, which of them are suspected, and which trials have confirmed.

How it is told to a reader does not belong here.
"""
