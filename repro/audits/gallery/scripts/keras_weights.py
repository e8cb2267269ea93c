import sys

import numpy as np
import tensorflow as tf

SEED = 42
np.random.seed(SEED)
tf.random.set_seed(SEED)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x_train, y_train = mnist["x_train"], mnist["y_train"]
else:
    (x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
x_train, y_train = x_train[:6000] / 255.0, y_train[:6000]

model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=3, verbose=0)
print("loss", history.history["loss"])
print("accuracy", history.history["accuracy"])
