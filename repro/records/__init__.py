"""Saved files: a pair, and an audit, written as JSON and read back without trusting them in anything.

What is done with what they hold does not belong here.

Offers: `audits`, `saved`.
"""
