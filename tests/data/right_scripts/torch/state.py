import torch

torch.manual_seed(9)
state = torch.get_rng_state()
first = torch.rand(3)
with torch.random.fork_rng():
    torch.manual_seed(0)
    aside = torch.rand(2)
torch.set_rng_state(state)
print(first, torch.rand(3), aside)
