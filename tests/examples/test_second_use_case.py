"""Another use case is other contracts, features and configuration, and nothing else."""

import pytest

from schemas.registry import ModelMetadata
from tests.cloud import eventually
from tests.examples.fork import RAIN, Fork

FILES = {
    "schemas/observations.py",
    "schemas/rain_requests.py",
    "schemas/catalog.py",
    "ml/features.py",
    "config/model.py",
}
GROUP = "mlops-local-rain-next-hour"


def test_it_is_contracts_features_and_configuration_only() -> None:
    assert {path.relative_to(RAIN).as_posix() for path in RAIN.rglob("*.py")} == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_of_its_files_is_tiny(name: str) -> None:
    assert len(RAIN.joinpath(name).read_text().splitlines()) < 80


def test_its_model_is_registered_and_approved(rain: Fork) -> None:
    def approved() -> list[int]:
        models = rain.ops("models list")["models"]
        return [each["version"] for each in models if each["approval"] == "Approved"]

    assert eventually(approved, "a model is approved") == [1]


def test_its_model_says_all_that_it_takes_to_train_it_again(rain: Fork) -> None:
    sagemaker = rain.cloud.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)
    (package,) = listed["ModelPackageSummaryList"]
    found = sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])

    metadata = ModelMetadata.from_properties(found["CustomerMetadataProperties"])

    assert metadata.window.holdout_months == ("2013-11",)
    assert float(metadata.auc) > 0.9


def test_only_its_own_datasets_are_deployed(rain: Fork) -> None:
    glue = rain.cloud.client("glue")
    tables = {
        table["Name"]
        for database in glue.get_databases()["DatabaseList"]
        for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]
    }

    assert "observations" in tables
    assert not {"flights", "weather"} & tables


def test_what_is_known_later_decides_the_answer_and_no_feature(rain: Fork) -> None:
    rain.run(".venv/bin/python -m tests.examples.known_at_the_hour")
