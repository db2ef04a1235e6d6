"""What a function is deployed with: `tests/infrastructure/test_assets.py` holds them to this."""

EVERY_FUNCTION = ("lambdas/shared", "schemas")
MORE = {
    "ingest": ("contracts",),
    "predict": ("contracts",),
    "prediction_log": ("contracts",),
}


def folders_of(function: str) -> set[str]:
    """The folders of the repository in the asset of `lambdas/<function>`."""
    return {f"lambdas/{function}", *EVERY_FUNCTION, *MORE.get(function, ())}
