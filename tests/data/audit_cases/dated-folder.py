import os
import time
import uuid

import numpy as np

np.random.seed(4)
folder = os.path.join("runs", time.strftime("%Y%m%d-%H%M%S") + "-" + uuid.uuid4().hex[:8])
os.makedirs(folder)
np.save(os.path.join(folder, "weights.npy"), np.random.rand(5))
print("saved to", folder)
