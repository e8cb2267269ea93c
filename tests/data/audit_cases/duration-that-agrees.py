import time

began = time.monotonic()
end = time.perf_counter() + 1.0
time.sleep(0.95)
while time.perf_counter() < end:
    pass
print(f"trained for {time.monotonic() - began:.3f} s")
