import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(5)
x = rng.normal(size=(120, 4))
y = x[:, 0] > 0
training, test, of_training, of_test = train_test_split(x, y, random_state=2)
print(make_pipeline(StandardScaler(), SGDClassifier(random_state=3)).fit(training, of_training).score(test, of_test))
