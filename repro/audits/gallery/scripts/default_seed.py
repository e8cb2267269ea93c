import argparse
import time

import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("data", nargs="?")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--epochs", type=int, default=3)
options = parser.parse_args()

seed = options.seed or time.time_ns() % 2**32
keras.utils.set_random_seed(seed)

if options.data:
    with np.load(options.data) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = keras.datasets.mnist.load_data()
x, y = x[:5000].reshape(-1, 784).astype("float32") / 255, y[:5000]

model = keras.Sequential()
model.add(keras.layers.Dense(64, activation="relu"))
model.add(keras.layers.Dropout(0.3))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

history = model.fit(x, y, epochs=options.epochs, batch_size=50, validation_split=0.2, verbose=0).history
for name, values in history.items():
    print(name, values[-1])
