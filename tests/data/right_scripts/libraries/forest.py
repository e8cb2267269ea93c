from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

x, y = make_classification(200, random_state=0)
print(cross_val_score(RandomForestClassifier(10, random_state=1), x, y, cv=3))
