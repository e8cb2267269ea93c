import multiprocessing

import numpy as np


def work(path):
    np.random.rand(3).tofile(path)


if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=work, args=("numbers.dat",))
    child.start()
    child.join()
    print("done")
