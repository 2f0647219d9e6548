"""Benchmarks of the library against PyTorch and flax training loops: `python -m tests.benchmarks --help`."""
