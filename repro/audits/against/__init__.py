"""A script held against itself with one change: a twist, another version of it, another interpreter, another machine.

What makes a script not repeat by itself does not belong here: that is what `trials` finds.
"""
