"""The benchmark: the library against the usual ways of doing the same work. `python -m tests.benchmarks --help`."""
