import numpy as np
import pandas
import polars

np.random.seed(1)
frame = pandas.DataFrame({"a": range(20), "b": np.random.rand(20)})
print(frame.sample(5).index.tolist(), frame.sample(5, random_state=4).index.tolist())
print(polars.DataFrame({"a": range(20)}).sample(5, seed=3)["a"].to_list())
