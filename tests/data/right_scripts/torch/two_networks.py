import torch
from torch import nn

torch.manual_seed(5)
generator, critic = nn.Linear(4, 2), nn.Linear(2, 1)
of_generator = torch.optim.RMSprop(generator.parameters())
of_critic = torch.optim.RMSprop(critic.parameters())
for _ in range(6):
    real, made = torch.randn(16, 2), generator(torch.randn(16, 4))
    of_critic.zero_grad()
    (critic(made.detach()).mean() - critic(real).mean()).backward()
    of_critic.step()
    of_generator.zero_grad()
    (-critic(made).mean()).backward()
    of_generator.step()
print(generator.weight.sum().item(), critic.weight.sum().item())
