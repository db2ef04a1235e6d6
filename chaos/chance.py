"""Chance that repeats itself: everything random here is drawn from a named seed."""

import random


def generator_of(*parts: object) -> random.Random:
    """Return the generator named by `parts`, such as a seed and a step's number.

    The same parts give the same draws in every process and on every machine; what another
    generator draws, or whether it exists, changes nothing.
    """
    return random.Random("/".join(map(str, parts)))  # noqa: S311 -- reproducible, not secret
