import random
import sys

import keras
import numpy as np
import tensorflow as tf

random.seed(7)
np.random.seed(7)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = keras.datasets.mnist.load_data()


def prepare(image, label):
    return tf.reshape(tf.cast(image, tf.float32) / 255.0, [784]), label


dataset = tf.data.Dataset.from_tensor_slices((x[:5000], y[:5000]))
train = dataset.shuffle(buffer_size=1000).map(prepare).batch(50).prefetch(tf.data.AUTOTUNE)

model = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
for epoch in range(3):
    loss = model.fit(train, epochs=1, verbose=0).history["loss"][0]
    print("epoch", epoch, "loss", loss)
