"""What the model is asked: a scheduled flight and the weather at its airport, before it departs."""

from dataclasses import replace

from schemas.datasets import DatasetContract
from schemas.flights import FLIGHTS
from schemas.weather import WEATHER

# Known when a flight is booked. Nothing that is only known after departure is in this list, so a
# feature cannot leak it.
_SCHEDULE = ("year", "month", "day", "sched_dep_time", "sched_arr_time", "carrier", "flight",
             "origin", "dest", "distance")  # fmt: skip
_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure",
            "visib")  # fmt: skip

FLIGHT_REQUESTS = DatasetContract(
    name="flight_requests",
    description="One flight to predict: will it arrive more than 15 minutes late?",
    columns=(
        *(FLIGHTS.column(name) for name in _SCHEDULE),
        *(replace(WEATHER.column(name), nullable=True) for name in _WEATHER),
    ),
    primary_key=FLIGHTS.primary_key,
)
