import numpy as np

weights = np.ones(3)
for _ in range(5):
    if np.random.rand() < 0.9:
        weights *= 0.5
    else:
        weights = weights[::-1] * 0.5
print(weights)
