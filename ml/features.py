"""The use case: which data, which examples, which features. A fork replaces this module.

Will a flight arrive more than 15 minutes late? Asked before it departs, of what a prediction
request carries (`schemas.catalog.MODEL_INPUT`): its schedule, and the weather at its airport in the
hour of its scheduled departure.
"""

from collections.abc import Mapping

import pandas as pd

from ml.records import DATE, LABEL
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT

SLICES = ("carrier", "origin")
"""Columns by whose values evaluations are broken down."""

CATEGORIES = ("carrier", "origin", "dest")
"""Features that are one of a few names; the others are numbers."""

LATE_MINUTES = 15

_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure",
            "visib")  # fmt: skip
_HOUR = ["origin", "time_hour"]
_MINUTES_PER_DAY = 1440


def examples(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join the datasets into one record per example.

    Args:
        tables: Each of `MODEL_DATASETS`, without duplicates.

    Returns:
        The columns of `MODEL_INPUT`; `LABEL`, true, false, or missing for cancelled and diverted
        flights; and `DATE`, the day by which examples are split.
    """
    flights, weather = (tables[name] for name in MODEL_DATASETS)
    joined = flights.merge(weather[[*_HOUR, *_WEATHER]], on=_HOUR, how="left", validate="m:1")
    joined[LABEL] = _is_late(joined)
    joined[DATE] = _date(joined)
    return joined[[*MODEL_INPUT.column_names, LABEL, DATE]]


def labels(main: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that the main dataset alone tells, as monitoring joins them to predictions.

    Args:
        main: Rows of the first of `MODEL_DATASETS`.

    Returns:
        The primary key of `MODEL_INPUT`, and `LABEL`, the same as that of `examples`.
    """
    return main[list(MODEL_INPUT.primary_key)].assign(**{LABEL: _is_late(main)})


def features(records: pd.DataFrame) -> pd.DataFrame:
    """Compute the features of each record; the same in training, batch and online.

    Args:
        records: The columns of `MODEL_INPUT`, as `ml.records` makes them.

    Returns:
        A column per feature: numbers, and text for `CATEGORIES`.
    """
    departure = _minutes(records["sched_dep_time"])
    arrival = _minutes(records["sched_arr_time"])
    return pd.DataFrame(
        {
            "departure": departure,
            "arrival": arrival,
            # Across time zones: not the time in the air, but the same for flights of one route.
            "duration": (arrival - departure) % _MINUTES_PER_DAY,
            "weekday": _date(records).dt.dayofweek,
            "distance": records["distance"],
            **{name: records[name] for name in (*_WEATHER, *CATEGORIES)},
        },
        copy=False,
    )


def _is_late(flights: pd.DataFrame) -> pd.Series:
    delay = flights["arr_delay"]
    return (delay > LATE_MINUTES).astype("boolean").mask(delay.isna())


def _minutes(time: pd.Series) -> pd.Series:
    """Return minutes after midnight of times written HHMM."""
    return time // 100 * 60 + time % 100


def _date(records: pd.DataFrame) -> pd.Series:
    """Return the day of departure; missing where the calendar has none, such as 30 February."""
    return pd.to_datetime(records[["year", "month", "day"]], errors="coerce")
