"""Neural networks from scratch: small modules to read, to run and to copy, one idea each."""
