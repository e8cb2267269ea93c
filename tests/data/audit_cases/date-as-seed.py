import datetime

import numpy as np

np.random.seed(int(datetime.date.today().strftime("%Y%m%d")))
print("sample", np.random.rand(3))
