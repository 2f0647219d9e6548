"""How far each method has come on a budget, and how soon it is near the optimum; one value for each seed."""

import numpy as np

from dl_jax.evidence.records import Missing

SGD, SIMPLE, ELABORATE = ("SGD",), ("SGD", "SGD with momentum"), ("L-BFGS", "conjugate gradients", "Newton-CG")


def ran(records, name, methods):
    """Those of the methods that ran on the problem. Missing if none did."""
    names = [method for method in methods if method in records.where(problem=name).axis("method")]
    if not names:
        raise Missing(f"no objective at problem {name}, method {' or '.join(methods)}")
    return names


def least(name, methods, metric="objective"):
    """The lowest value that any of the methods has at the end of the budget, seed by seed.

    A method that ends without a finite value has failed, and counts as infinitely high.
    """

    def estimand(records):
        at = {"problem": name, "passes": max(records.where(problem=name).axis("passes"), default=0)}
        value_MxS = [records.by_seed(metric, method=method, **at) for method in ran(records, name, methods)]
        return np.min(finite_or_inf(value_MxS), 0)

    return estimand


def decades(name, simple):
    """By how many decades the objective of the best elaborate method lies above that of the best simple one.

    NaN, which supports nothing, where one side has failed altogether and the other may have won by that alone.
    """

    def estimand(records):
        above_S, below_S = (least(name, methods)(records) for methods in (ELABORATE, simple))
        both_S = np.isfinite(above_S) & np.isfinite(below_S)
        return np.where(both_S, np.log10(above_S) - np.log10(below_S), np.nan)

    return estimand


def apart(first, second):
    """By how much the test error rate on images of the best of the first methods lies above that of the second."""
    above, below = (least("copied images", methods, "test_error_rate") for methods in (first, second))
    return lambda records: above(records) - below(records)


def finite_or_inf(values):
    """The values, infinite where they are not finite."""
    return np.where(np.isfinite(values), values, np.inf)


def passes_until(records, name, method, above, never=None):
    """Passes from which on the objective stays within `above` of the optimum, relative.

    The optimum is the lowest objective that any method has at any time. never: the answer where there are no such
    passes; None: the budget.
    """
    there, passes_K = {"problem": name}, np.array(records.where(problem=name).axis("passes"))
    optimum_S = records.by_seed("objective", lambda values: np.min(finite_or_inf(values)), **there)
    value_KxS = np.stack([records.by_seed("objective", method=method, passes=passes, **there) for passes in passes_K])
    excess_KxS = np.log10(np.maximum(finite_or_inf(value_KxS) / optimum_S - 1, 1e-9))
    last = passes_K[-1] if never is None else never
    return np.array([crossing(passes_K, excess_K, np.log10(above), last) for excess_K in excess_KxS.T])


def crossing(x_K, y_K, level, never):
    """From where on y stays below the level, on a line in log x between two finite points; `never` if it does not.

    Where a noisy curve first touches the level by chance does not count.
    """
    if not y_K[-1] <= level:
        return never
    above = np.flatnonzero(~(y_K <= level))
    at = above[-1] + 1 if len(above) else 0
    if at == 0 or not np.isfinite(y_K[at - 1]):
        return x_K[at]
    return 10 ** np.interp(level, y_K[[at, at - 1]], np.log10(x_K[[at, at - 1]]))


def lead(above, name="documents"):
    """Passes of the fastest elaborate method over those of SGD, to within `above` of the optimum.

    An elaborate method that never comes there counts with the budget; where SGD never does, the lead is 0.
    """

    def estimand(records):
        soonest_S = [passes_until(records, name, method, above) for method in ran(records, name, ELABORATE)]
        return np.min(soonest_S, 0) / passes_until(records, name, *ran(records, name, SGD), above, np.inf)

    return estimand


def delay(above, name="documents"):
    """The same the other way round: passes of SGD over those of the fastest elaborate method."""

    def estimand(records):
        soonest_S = [passes_until(records, name, method, above, np.inf) for method in ran(records, name, ELABORATE)]
        return passes_until(records, name, *ran(records, name, SGD), above) / np.min(soonest_S, 0)

    return estimand
