import os
import random
import time

lock = os.open("/tmp/a-lock-of-a-test", os.O_CREAT | os.O_EXCL)
random.seed(8)
time.sleep(0.2)
print(random.random())
os.remove("/tmp/a-lock-of-a-test")
