import numpy as np
from scipy import stats

rng = np.random.default_rng(2)
print(stats.norm.rvs(size=3, random_state=rng), stats.qmc.Sobol(2, rng=rng).random(4))
print(stats.bootstrap((np.arange(30.0),), np.mean, n_resamples=99, rng=rng).standard_error)
