"""The runs of an audit: the folder each takes place in, the process it is, and two of them side by side.

What a difference between runs comes from does not belong here.
"""
