"""What the page shows; beside app.py the only modules that import Streamlit.

What a command could print too does not belong here.

Offers: `bounds`, `controls`, `every_combination`, `presence`, `server`, `tabs`, `two_runs`, `widgets`.
"""

from repro.server import logs

logs.bound_other_logs()  # before the page's modules are imported: that fails if descriptors run out
