"""Networks of single numbers that differentiate themselves: the smallest PyTorch there is."""
