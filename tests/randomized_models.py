"""Models whose every weight matters, for the tests of GPT and BERT."""

import torch


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def randomized(model, std=0.3):
    """Every weight moved at random, so that every part, biases and norms too, has its say."""
    g = generator()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=g) * std)
    return model.eval()
