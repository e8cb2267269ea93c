"""The scripts under test, MNIST, and the fingerprints of what they compute.

What starts a run does not belong here. Beside the worker this is the only room that imports TensorFlow.

Offers: `images`, `mnist`.
"""
