"""What a server for many visitors needs: their visits, and its status for the operator.

Streamlit does not belong here: the page asks this room, and so does the command line.

Offers: `guesses`, `logs`, `status`, `visits`.
"""
