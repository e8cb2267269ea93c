import jax

key = jax.random.PRNGKey(4)
for epoch in range(3):
    key, own = jax.random.split(key)
    print(epoch, jax.random.permutation(own, 8).tolist())
print(jax.random.choice(key, 5, (3,)).tolist())
