import torch
from torch import nn

torch.manual_seed(3)
layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
optimizer = torch.optim.AdamW(layer.parameters())
x = torch.randn(8, 5, 16)
for _ in range(5):
    loss = (layer(x) - x).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
layer.eval()
with torch.no_grad():
    print(layer(x).sum().item(), loss.item())
