"""Run in a fork that foresees rain: later hours decide the answer, and no feature."""

import pandas as pd

from ml.features import examples, features
from ml.records import DATE, LABEL
from schemas.catalog import DATASETS


def three_hours(*, rain_in_the_last: float) -> pd.DataFrame:
    """Return the examples of three dry hours, the last of which may be wet."""
    names = DATASETS["observations"].column_names
    hours = pd.DataFrame({name: [None] * 3 for name in names}).assign(
        origin="EWR",
        year=2013,
        month=[3, 3, 4],
        day=[31, 31, 1],
        hour=[22, 23, 0],
        time_hour=pd.date_range("2013-04-01T02:00Z", periods=3, freq="h"),
        temp=40.0,
        dewp=30.0,
        precip=[0.0, 0.0, rain_in_the_last],
    )
    return examples({"observations": hours})


dry, wet = three_hours(rain_in_the_last=0.0), three_hours(rain_in_the_last=0.1)
assert dry[LABEL].tolist() == [False, False, pd.NA]
assert wet[LABEL].tolist() == [False, True, pd.NA]
assert dry[DATE].dt.strftime("%m-%d").tolist() == ["03-31", "04-01", "04-01"]
assert features(dry)[:2].equals(features(wet)[:2])
