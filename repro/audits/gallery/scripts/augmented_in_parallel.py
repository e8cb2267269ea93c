import random
import sys

import numpy as np
import tensorflow as tf

random.seed(2024)
np.random.seed(2024)
tf.random.set_seed(2024)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = tf.keras.datasets.mnist.load_data()
x, y = x[:4000, ..., None].astype("float32") / 255, y[:4000]


def augment(image, label):
    image = tf.image.random_crop(tf.pad(image, [[2, 2], [2, 2], [0, 0]]), [28, 28, 1])
    image = tf.image.random_contrast(image, 0.6, 1.4)
    return tf.image.random_brightness(image, 0.2), label


train = (
    tf.data.Dataset.from_tensor_slices((x, y))
    .shuffle(4000, seed=2024)
    .map(augment, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(40)
    .prefetch(tf.data.AUTOTUNE)
)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(64, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(train, epochs=3, verbose=0).history
print("loss", history["loss"][-1], "accuracy", history["accuracy"][-1])
