"""What an audit found: the facts, as data, as words, line by line, and as a file.

Nothing here runs a script.
"""
