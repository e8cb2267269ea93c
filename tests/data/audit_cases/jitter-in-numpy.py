import numpy as np

pause = np.random.rand()
data = np.arange(50)
np.random.shuffle(data)
print(data[:5])
