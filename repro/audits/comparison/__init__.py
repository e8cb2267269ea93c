"""What a run has told, and where two runs first differ: their traces, and what they printed.

Nothing here starts a run, or says why two differ: those do not belong here.
"""
