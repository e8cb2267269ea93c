import sys

import numpy as np
import tensorflow as tf

tf.random.set_seed(1)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = tf.keras.datasets.mnist.load_data()
x, y = x[:5000].reshape(-1, 784).astype("float32") / 255, y[:5000].astype("int32")


@tf.function(jit_compile=True)
def weights():
    return tf.random.normal([784, 64], stddev=0.05), tf.random.normal([64, 10], stddev=0.1)


w1, w2 = [tf.Variable(values) for values in weights()]


@tf.function(jit_compile=True)
def train_step(images, labels):
    with tf.GradientTape() as tape:
        hidden = tf.nn.dropout(tf.nn.relu(images @ w1), rate=0.3)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, hidden @ w2))
    for weight, gradient in zip((w1, w2), tape.gradient(loss, (w1, w2))):
        weight.assign_sub(0.2 * gradient)
    return loss


for epoch in range(4):
    for start in range(0, 5000, 50):
        loss = train_step(x[start : start + 50], y[start : start + 50])
    print("epoch", epoch, "loss", loss.numpy())
