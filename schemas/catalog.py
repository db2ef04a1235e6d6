from collections.abc import Mapping
from types import MappingProxyType

from schemas.datasets import DatasetContract, by_name
from schemas.flight_requests import FLIGHT_REQUESTS
from schemas.flights import FLIGHTS
from schemas.weather import WEATHER

DATASETS: Mapping[str, DatasetContract] = MappingProxyType(by_name((FLIGHTS, WEATHER)))
"""Every dataset the platform accepts, by name."""

MODEL_DATASETS = ("flights", "weather")
"""What a model is trained on; the first, the main one, has a row per example."""

MODEL_INPUT: DatasetContract = FLIGHT_REQUESTS
"""What a prediction request carries, and so everything that a feature may be made of."""
