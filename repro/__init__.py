"""Which seed matters? Train MNIST twice and say, to the bit, whether and why the two runs differ."""
