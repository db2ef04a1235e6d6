from collections.abc import Mapping
from types import MappingProxyType

from schemas.datasets import DatasetContract, by_name
from schemas.observations import OBSERVATIONS
from schemas.rain_requests import RAIN_REQUESTS

DATASETS: Mapping[str, DatasetContract] = MappingProxyType(by_name((OBSERVATIONS,)))
"""Every dataset the platform accepts, by name."""

MODEL_DATASETS = ("observations",)
"""What a model is trained on; the first, the main one, has a row per example."""

MODEL_INPUT: DatasetContract = RAIN_REQUESTS
"""What a prediction request carries, and so everything that a feature may be made of."""
