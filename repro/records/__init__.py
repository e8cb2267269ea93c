"""What a run reports: its events, and the history that they add up to.

Judgement does not belong here: whether two histories agree is for the verdicts.

Offers: `events.Event`, `history.History`, `untrusted.parse`.
"""
