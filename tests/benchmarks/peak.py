"""The ceiling: float32 matrix products of one pinned single-thread process a core, all at once, added up."""

import importlib.util
import time

from tests.benchmarks.process import one_worker_a_core

SIZE = 2048
SECONDS = 3.0


def matmul():
    """FLOP/s of each library of matrix products that is here, and the best of them."""
    pool, workers = one_worker_a_core()
    with pool:
        found = {}
        for name in ("numpy", "torch"):
            if importlib.util.find_spec(name):
                start = time.time() + 5.0
                rates = pool.starmap(_rate, [(name, start)] * workers, chunksize=1)
                found[name] = sum(rates)
        pool.close()
        pool.join()
    return {"compile_s": 0.0, "run_s": 2 * SECONDS, "flops_s": max(found.values()), "by_library": found}


def _rate(name, start):
    """FLOP/s of this core, from a moment that all workers share."""
    library = importlib.import_module(name)
    a = library.ones((SIZE, SIZE), dtype=library.float32)
    a @ a
    time.sleep(max(0.0, start - time.time()))
    began, products = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        a @ a
        products += 1
    return products * 2.0 * SIZE**3 / (time.perf_counter() - began)
