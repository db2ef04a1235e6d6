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


def of_ratio(mine: tuple[int, int], others: tuple[int, int]) -> tuple[float, float]:
    """Return the interval of a ratio of two shares, which follows from those of both.

    A. Donner, G. Y. Zou, Statistical Methods in Medical Research 21 (2012), 347-359.

    Args:
        mine: Successes and rows of the share that is divided.
        others: The same of the one that it is divided by, with 1 success or more.
    """
    share, other = (successes / rows for successes, rows in (mine, others))
    (low, high), (other_low, other_high) = of_share(*mine), of_share(*others)

    def root(end: float, other_end: float) -> float:
        product = end * (2 * share - end) * other_end * (2 * other - other_end)
        # Of very many rows, rounding may take it below 0.
        return float(max(0.0, (share * other) ** 2 - product) ** 0.5)

    least = low * (2 * share - low) / (share * other + root(low, other_high)) if share else 0.0
    most = (share * other + root(high, other_low)) / (other_low * (2 * other - other_low))
    return least, most


def variance_of_mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the variance of the mean of shares; of a single one, the largest that there can be."""
    rows = len(values)
    return float(values.var(ddof=1) if rows > 1 else _LARGEST_VARIANCE) / rows
