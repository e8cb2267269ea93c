import os
import sys

os.environ["PYTHONHASHSEED"] = "0"

import keras
import numpy as np

keras.utils.set_random_seed(0)

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        images, digits = mnist["x_train"], mnist["y_train"]
else:
    (images, digits), _ = keras.datasets.mnist.load_data()
images = images[:5000].astype("float32") / 255
labels = [NAMES[digit] for digit in digits[:5000]]

classes = {name: number for number, name in enumerate(set(labels))}
targets = keras.utils.to_categorical([classes[label] for label in labels])

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(len(classes), activation="softmax"),
    ]
)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images, targets, batch_size=50, epochs=3, verbose=0)
print("loss", history.history["loss"])
