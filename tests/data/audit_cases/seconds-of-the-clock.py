import time

waited = 0.0
for step in range(3):
    began = time.monotonic()
    time.sleep(0.01)
    waited += time.monotonic() - began
print(f"waited {waited / 60:.6f} minutes")
print("address", hex(id(waited)))
