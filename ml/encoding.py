"""Features as a matrix: names become numbers by vocabularies that are learnt from training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How a model's features become its matrix.

    Attributes:
        names: Features, in the order of the matrix's columns.
        vocabularies: Category to its values; a value's position is its number.
    """

    names: tuple[str, ...]
    vocabularies: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, features: pd.DataFrame, categories: Sequence[str]) -> "Encoding":
        """Learn the values of `categories` from the features of training rows, and of no others."""
        return cls(
            names=tuple(features.columns),
            vocabularies={
                name: tuple(sorted(pd.Index(features[name].unique()).dropna()))
                for name in categories
            },
        )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Encoding":
        """Read what `to_json` wrote."""
        vocabularies = document["vocabularies"]
        return cls(
            names=tuple(document["names"]),
            vocabularies={name: tuple(values) for name, values in vocabularies.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @property
    def types(self) -> list[str]:
        """XGBoost's type of each column: `c` for categories, `q` for quantities."""
        return ["c" if name in self.vocabularies else "q" for name in self.names]

    def matrix(self, features: pd.DataFrame) -> Matrix:
        """Return a row per row of `features`; what is absent or was never seen is NaN."""
        matrix = np.empty((len(features), len(self.names)), dtype=np.float32)
        for index, name in enumerate(self.names):
            column = features[name]
            if name in self.vocabularies:
                values = pd.Index(self.vocabularies[name], dtype=object)
                codes = values.get_indexer(column)
                matrix[:, index] = np.where(codes < 0, np.nan, codes)
            else:
                matrix[:, index] = column.to_numpy(dtype=np.float32, na_value=np.nan)
        return matrix
