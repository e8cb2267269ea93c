"""What the page shows; beside app.py the only modules that import Streamlit.

What a command could print too does not belong here.

Offers: a `draw` function for each tab and for the sidebar.
"""

from repro.server import logs

logs.bound_other_logs()  # before the page's modules are imported: that fails if descriptors run out
