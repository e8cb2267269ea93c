"""The training scripts under test. Only these modules and worker.py import TensorFlow."""
