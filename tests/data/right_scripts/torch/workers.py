import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        return torch.tensor([index + np.random.rand(), random.random(), torch.rand(1).item()])


def seed_worker(_):
    np.random.seed(torch.initial_seed() % 2**32)


g = torch.Generator()
g.manual_seed(0)
for batch in DataLoader(Noisy(), batch_size=4, shuffle=True, num_workers=2, generator=g, worker_init_fn=seed_worker):
    print(batch.sum().item())
