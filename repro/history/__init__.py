"""What a run reports: its events, the history that they add up to, and its state.

Judgement does not belong here: whether two histories agree is for the verdicts.

Offers: `events`, `history`, `state`.
"""
