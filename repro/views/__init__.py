"""What the page shows; beside app.py the only modules that import Streamlit.

What a command could print too does not belong here.

Offers: a `draw` function for each tab and for the sidebar.
"""
