"""What the model is asked: an hour that has passed. Nothing later is in it, so nothing can leak."""

from schemas.datasets import DatasetContract
from schemas.observations import OBSERVATIONS, WEATHER

RAIN_REQUESTS = DatasetContract(
    name="rain_requests",
    description="One hour at an airport: will it rain there in the next one?",
    columns=(
        *(OBSERVATIONS.column(name) for name in ("origin", "year", "month", "day", "hour")),
        *WEATHER,
    ),
    primary_key=("origin", "year", "month", "day", "hour"),
)
