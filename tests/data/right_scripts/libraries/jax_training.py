import jax
import jax.numpy as jnp

key = jax.random.key(0)
of_weights, of_data, of_masks = jax.random.split(key, 3)
w = jax.random.normal(of_weights, (10, 1))
x = jax.random.uniform(of_data, (32, 10))


@jax.jit
def step(w, key):
    mask = jax.random.bernoulli(key, 0.9, x.shape)
    return w - 0.1 * jax.grad(lambda w: jnp.mean((x * mask @ w) ** 2))(w)


for number in range(10):
    w = step(w, jax.random.fold_in(of_masks, number))
print(float(w.sum()))
