import time

import numpy as np

rng = np.random.default_rng(2)
frames = rng.normal(size=(60, 64, 64))
began = time.perf_counter()
total = 0.0
for frame in frames:
    total += np.linalg.norm(frame)
print(f"FPS: {len(frames) / (time.perf_counter() - began):.0f}")
print("total", total)
