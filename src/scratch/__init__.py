"""Neural networks from scratch: small modules to read, run and copy, one idea each."""
