"""95 % confidence intervals."""

import numpy as np

DEVIATIONS = 1.959964
"""Of a normal variable, between which it lies in 95 %."""

_LARGEST_VARIANCE = 0.25  # of anything that lies between 0 and 1


def of_share(successes: float, rows: int) -> tuple[float, float]:
    """Return the interval of a share by Wilson's score, which is right for rare things, too.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.

    Args:
        successes: Rows that have the property.
        rows: All, 1 or more.
    """
    share, square = successes / rows, DEVIATIONS**2
    centre = share + square / (2 * rows)
    spread = DEVIATIONS * np.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    low, high = ((centre + sign * spread) / (1 + square / rows) for sign in (-1, 1))
    # Rounding must not make a share of all rows less than certain.
    return max(0.0, float(low)), 1.0 if successes == rows else float(high)


def variance_of_mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the variance of the mean of shares; of a single one, the largest that there can be."""
    rows = len(values)
    return float(values.var(ddof=1) if rows > 1 else _LARGEST_VARIANCE) / rows
