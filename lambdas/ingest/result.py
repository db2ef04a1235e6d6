from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a run has made of a file.

    Attributes:
        rows_in: Records of the file.
        rows_accepted: Records in the curated files.
        quarantined_by_reason: Reason code to number of records.
        curated_uris: The curated files.
        quarantine_uri: The quarantine file; empty without quarantined rows.
    """

    rows_in: int
    rows_accepted: int
    quarantined_by_reason: Mapping[str, int]
    curated_uris: tuple[str, ...]
    quarantine_uri: str

    @property
    def rows_quarantined(self) -> int:
        """Records in the quarantine file."""
        return self.rows_in - self.rows_accepted

    @property
    def uris(self) -> frozenset[str]:
        """Every file of the run."""
        return frozenset({*self.curated_uris, self.quarantine_uri} - {""})
