import lightgbm
import numpy as np
import xgboost

x = np.linspace(0, 1, 2000).reshape(400, 5)
y = np.sin(9 * x[:, 0])
one = lightgbm.LGBMRegressor(n_estimators=5, subsample=0.5, subsample_freq=1, random_state=7, verbose=-1, n_jobs=1)
other = xgboost.XGBRegressor(n_estimators=5, subsample=0.5, random_state=7, n_jobs=1)
print(one.fit(x, y).predict(x[:3]), other.fit(x, y).predict(x[:3]))
