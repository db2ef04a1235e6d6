import dataclasses
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.datasets import Column, ColumnType, DatasetContract, by_name

ID = Column(name="id", type=ColumnType.INT64)
MONTH = Column(name="month", type=ColumnType.INT64, minimum=1, maximum=12)
CONTRACT = DatasetContract(
    name="visits",
    description="One visit.",
    columns=(MONTH, ID, Column(name="note", type=ColumnType.STRING, nullable=True)),
    primary_key=("id",),
    partition_by=("month",),
)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": "Dep Time"}, "lower-case"),
        ({"name": ""}, "lower-case"),
        ({"type": ColumnType.STRING, "minimum": 1}, "takes no minimum"),
        ({"type": ColumnType.BOOL, "maximum": 1}, "takes no minimum"),
        ({"minimum": 1.5}, "are int, got 1.5"),
        ({"minimum": True}, "are int, got True"),
        ({"maximum": 2**63}, "outside int64"),
        ({"type": ColumnType.FLOAT64, "minimum": float("nan")}, "not finite"),
        ({"type": ColumnType.DATE, "minimum": datetime(2013, 1, 1, tzinfo=UTC)}, "are date"),
        ({"type": ColumnType.TIMESTAMP, "minimum": date(2013, 1, 1)}, "are datetime"),
        ({"type": ColumnType.TIMESTAMP, "minimum": datetime(2013, 1, 1)}, "time zone"),  # noqa: DTZ001
        ({"minimum": 2, "maximum": 1}, "above maximum"),
        ({"domain": frozenset({"a"})}, "only a string column"),
        ({"max_length": 3}, "only a string column"),
        ({"type": ColumnType.STRING, "max_length": 0}, "1 or more"),
        (
            {"type": ColumnType.STRING, "max_length": 2, "domain": frozenset({"abc"})},
            "longer than max_length",
        ),
    ],
)
def test_a_column_that_cannot_be_enforced_is_refused(
    arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Column(**{"name": "x", "type": ColumnType.INT64} | arguments)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "My visits"}, "lower-case"),
        ({"columns": ()}, "no columns"),
        ({"columns": (ID, MONTH, ID)}, "columns repeats id"),
        ({"primary_key": ()}, "needs a primary_key"),
        ({"primary_key": ("key",)}, "primary_key names unknown columns key"),
        ({"primary_key": ("note",)}, "must not be nullable"),
        ({"partition_by": ("day",)}, "partition_by names unknown columns day"),
        ({"partition_by": ("note",)}, "must be int64"),
        ({"partition_by": ("id",)}, "must be int64, not nullable, with a minimum"),
        ({"columns": (MONTH,), "primary_key": ("month",)}, "leaves no column"),
        (
            {"columns": (ID, dataclasses.replace(MONTH, maximum=401))},
            "401 partitions, more than 400",
        ),
        ({"max_rejected_share": 1.1}, "0 to 1"),
        ({"tolerated_rejected_rows": -1}, "0 or more"),
        ({"freshness_hours": 0}, "1 or more"),
    ],
)
def test_a_contract_that_cannot_be_enforced_is_refused(
    change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        dataclasses.replace(CONTRACT, **change)


def test_partition_columns_leave_the_files_and_pad_their_values() -> None:
    assert [column.name for column in CONTRACT.file_columns] == ["id", "note"]
    assert [column.segment(3) for column in CONTRACT.partition_columns] == ["month=03"]


@pytest.mark.parametrize(
    "change",
    [
        {"columns": (MONTH, ID)},
        {"columns": (ID, MONTH, CONTRACT.columns[2])},
        {"columns": (dataclasses.replace(MONTH, maximum=11), *CONTRACT.columns[1:])},
        {
            "columns": (
                *CONTRACT.columns[:2],
                dataclasses.replace(CONTRACT.columns[2], max_length=9),
            )
        },
        {"partition_by": ()},
        {"null_values": frozenset({""})},
        {"max_rejected_share": 0.5},
        {"tolerated_rejected_rows": 0},
    ],
)
def test_what_decides_the_outcome_changes_the_hash(change: dict[str, Any]) -> None:
    assert dataclasses.replace(CONTRACT, **change).content_hash != CONTRACT.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Other words."},
        {"freshness_hours": 1},
        {"columns": (dataclasses.replace(MONTH, description="Local time"), *CONTRACT.columns[1:])},
    ],
)
def test_what_decides_nothing_leaves_the_hash(change: dict[str, Any]) -> None:
    assert dataclasses.replace(CONTRACT, **change).content_hash == CONTRACT.content_hash


def test_hashes_are_equal_in_every_process() -> None:
    program = (
        "from schemas.catalog import DATASETS; "
        "print([contract.content_hash for contract in DATASETS.values()])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{[contract.content_hash for contract in DATASETS.values()]}\n"}


def test_two_contracts_must_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="two contracts are named 'visits'"):
        by_name([CONTRACT, CONTRACT])


def test_the_catalog_holds_what_models_are_trained_on() -> None:
    assert set(MODEL_DATASETS) <= set(DATASETS)
    with pytest.raises(TypeError):
        DATASETS["other"] = CONTRACT  # type: ignore[index]
