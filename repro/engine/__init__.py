"""Where runs live: the worker process, the template that forks it, the queue, and the launcher that owns them.

Streamlit does not belong here, nor a question that needs several runs.

Offers: `executor`, `job`, `journal`, `launcher`, `queue`, `resident`, `run`.
"""
