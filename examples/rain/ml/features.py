"""Will it rain at this airport in the next hour? Asked when an hour has passed."""

from collections.abc import Mapping

import pandas as pd

from ml.records import DATE, LABEL
from schemas.catalog import MODEL_INPUT

SLICES = ("origin",)
"""Columns by whose values evaluations are broken down."""

CATEGORIES = ("origin",)
"""Features that are one of a few names; the others are numbers."""

_HOUR = pd.Timedelta(hours=1)
_KEY = ["origin", "time_hour"]
_AS_THEY_ARE = ("hour", "temp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip",
                "pressure", "visib", "origin")  # fmt: skip


def examples(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the next hour's answer beside each hour; missing where nobody observed that hour."""
    hours = tables["observations"]
    answers = hours[_KEY].assign(time_hour=hours["time_hour"] - _HOUR, **{LABEL: _is_wet(hours)})
    found = hours.merge(answers, on=_KEY, how="left", validate="1:1")
    # The day of the answer: no answer that training sees is one of the holdout's.
    found[DATE] = (_hour(found) + _HOUR).dt.normalize()
    return found[[*MODEL_INPUT.column_names, LABEL, DATE]]


def labels(main: pd.DataFrame) -> pd.DataFrame:
    """Return the answers that observations give: each to the question of the hour before."""
    asked = _hour(main) - _HOUR
    parts = {name: getattr(asked.dt, name) for name in ("year", "month", "day", "hour")}
    return main[["origin"]].assign(**parts, **{LABEL: _is_wet(main)})


def features(records: pd.DataFrame) -> pd.DataFrame:
    """Compute the features of each record; the same in training, batch and online."""
    return pd.DataFrame(
        {
            **{name: records[name] for name in _AS_THEY_ARE},
            # Air that is nearly as cold as its dew point is nearly saturated.
            "spread": records["temp"] - records["dewp"],
        }
    )


def _is_wet(hours: pd.DataFrame) -> pd.Series:
    return (hours["precip"] > 0).astype("boolean").mask(hours["precip"].isna())


def _hour(records: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(records[["year", "month", "day", "hour"]], errors="coerce")
