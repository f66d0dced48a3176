"""Automatic differentiation, neural networks and a compiler for single numbers."""
