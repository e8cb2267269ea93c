import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

data = TensorDataset(torch.arange(40.0).reshape(40, 1))
training, held_out = random_split(data, [30, 10], generator=torch.Generator().manual_seed(1))
order = torch.Generator().manual_seed(2)
for epoch in range(2):
    for (batch,) in DataLoader(training, batch_size=6, shuffle=True, generator=order):
        print(epoch, batch.reshape(-1).tolist())
    print(sum(batch.sum().item() for (batch,) in DataLoader(held_out, batch_size=5)))
