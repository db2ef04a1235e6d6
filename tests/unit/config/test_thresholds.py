"""Configuration and gate each have their own `Thresholds`, since neither may import the other."""

import dataclasses

from config import model_config
from schemas import training


def test_what_is_configured_is_what_the_gate_reads() -> None:
    configured, read = (
        [(each.name, each.type, each.default) for each in dataclasses.fields(thresholds)]
        for thresholds in (model_config.Thresholds, training.Thresholds)
    )

    assert configured == read
