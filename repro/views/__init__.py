"""What the page shows; beside app.py the only modules that import Streamlit."""
