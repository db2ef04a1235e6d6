"""Listings and searches: filters, order, pages."""

from itertools import pairwise
from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import package

LISTINGS = {
    "ListTrainingJobs": "TrainingJobSummaries",
    "ListProcessingJobs": "ProcessingJobSummaries",
    "ListHyperParameterTuningJobs": "HyperParameterTuningJobSummaries",
    "ListModels": "Models",
    "ListEndpointConfigs": "EndpointConfigs",
    "ListEndpoints": "Endpoints",
    "ListModelPackageGroups": "ModelPackageGroupSummaryList",
    "ListModelPackages": "ModelPackageSummaryList",
}


def groups(lab: Lab, **params: Any) -> tuple[list[str], str | None]:
    answer = lab.call("ListModelPackageGroups", **params)
    found = [each["ModelPackageGroupName"] for each in answer["ModelPackageGroupSummaryList"]]
    return found, answer.get("NextToken")


def make_groups(lab: Lab, *names: str) -> None:
    for name in names:
        lab.call("CreateModelPackageGroup", ModelPackageGroupName=name)


@pytest.mark.parametrize("operation", LISTINGS)
def test_nothing_is_listed_at_first(lab: Lab, operation: str) -> None:
    assert lab.call(operation) == {LISTINGS[operation]: []}


def test_pages_hold_everything_once(lab: Lab) -> None:
    names = [f"group-{number:02d}" for number in range(23)]
    make_groups(lab, *names)

    seen, token = groups(lab)
    sizes = [len(seen)]
    while token:
        page, token = groups(lab, NextToken=token)
        seen += page
        sizes.append(len(page))

    assert (seen, sizes) == (names, [10, 10, 3])


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_what_comes_and_goes_between_pages_disturbs_no_other(lab: Lab, order: str) -> None:
    make_groups(lab, "b", "d", "f", "h")
    params = {"SortBy": "Name", "SortOrder": order, "MaxResults": 2}
    first, token = groups(lab, **params)

    lab.call("DeleteModelPackageGroup", ModelPackageGroupName=first[1])
    make_groups(lab, "a", "i")
    rest = []
    while token:
        page, token = groups(lab, **params, NextToken=token)
        rest += page

    expected = ["f", "h", "i"] if order == "Ascending" else ["d", "b", "a"]
    assert rest == expected


def test_names_and_times_filter(lab: Lab) -> None:
    make_groups(lab, "red-one", "blue-one", "red-two")
    summaries = lab.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"]
    times = [each["CreationTime"] for each in summaries]

    assert groups(lab, NameContains="red")[0] == ["red-one", "red-two"]
    assert groups(lab, CreationTimeAfter=times[-1] + 1)[0] == []
    assert groups(lab, CreationTimeBefore=times[0])[0] == []
    assert len(groups(lab, CreationTimeAfter=times[0] - 1)[0]) == 3


def test_statuses_filter_jobs(lab: Lab) -> None:
    lab.train("good")
    lab.train("bad", "raise SystemExit(1)")
    lab.trained("good")
    lab.trained("bad")

    def named(**params: Any) -> list[str]:
        found = lab.call("ListTrainingJobs", **params)["TrainingJobSummaries"]
        return [each["TrainingJobName"] for each in found]

    assert named(StatusEquals="Failed") == ["bad"]
    assert named(SortBy="Status") == ["good", "bad"]
    assert named(SortBy="Name", SortOrder="Descending") == ["good", "bad"]
    with pytest.raises(ApiError, match="WarmPoolStatusEquals"):
        named(WarmPoolStatusEquals="InUse")


def test_a_token_of_somebody_else(lab: Lab) -> None:
    with pytest.raises(ApiError, match="Invalid NextToken"):
        groups(lab, NextToken="x")


def search(lab: Lab, resource: str, *filters: dict[str, str], **params: Any) -> list[Any]:
    expression = {"Filters": list(filters), **params.pop("expression", {})}
    expression = {name: value for name, value in expression.items() if value}
    answer = lab.call("Search", Resource=resource, SearchExpression=expression, **params)
    return [each[resource] for each in answer["Results"]]


def condition(name: str, operator: str, value: str = "") -> dict[str, str]:
    return {"Name": name, "Operator": operator} | ({"Value": value} if value else {})


@pytest.fixture
def versions(lab: Lab) -> Lab:
    make_groups(lab, "flights")
    for number in range(1, 4):
        metadata = {"auc": f"0.{number}", "run.id": f"r{number}"}
        lab.call("CreateModelPackage", **package("flights", CustomerMetadataProperties=metadata))
    lab.call(
        "UpdateModelPackage",
        ModelPackageArn="arn:aws:sagemaker:us-east-1:123456789012:model-package/flights/2",
        ModelApprovalStatus="Approved",
    )
    return lab


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], [3, 2, 1]),
        ([condition("ModelApprovalStatus", "Equals", "Approved")], [2]),
        ([condition("ModelApprovalStatus", "NotEquals", "Approved")], [3, 1]),
        ([condition("ModelPackageVersion", "GreaterThan", "1")], [3, 2]),
        ([condition("ModelPackageVersion", "LessThanOrEqualTo", "1")], [1]),
        ([condition("CustomerMetadataProperties.auc", "Equals", "0.3")], [3]),
        ([condition("CustomerMetadataProperties.run.id", "In", "r1,r3")], [3, 1]),
        ([condition("ModelPackageArn", "Contains", "flights/1")], [1]),
        ([condition("ApprovalDescription", "NotExists")], [3, 2, 1]),
        ([condition("CustomerMetadataProperties.none", "Exists")], []),
        (
            [
                condition("ModelPackageVersion", "GreaterThanOrEqualTo", "2"),
                condition("ModelPackageVersion", "LessThan", "3"),
            ],
            [2],
        ),
    ],
)
def test_searching_the_registry(
    versions: Lab, filters: list[dict[str, str]], found: list[int]
) -> None:
    results = search(versions, "ModelPackage", *filters)

    assert [each["ModelPackageVersion"] for each in results] == found


def test_searches_are_joined(versions: Lab) -> None:
    first = condition("ModelPackageVersion", "Equals", "1")
    third = {"Filters": [condition("ModelPackageVersion", "Equals", "3")]}

    either = search(
        versions,
        "ModelPackage",
        first,
        expression={"SubExpressions": [third], "Operator": "Or"},
        SortBy="CreationTime",
        SortOrder="Ascending",
    )

    assert [each["ModelPackageVersion"] for each in either] == [1, 3]


def test_searching_training_jobs(lab: Lab) -> None:
    metrics = [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]
    for number in (5, 7):
        lab.train(
            f"t{number}",
            f"print('auc=0.{number}')",
            HyperParameters={"eta": f"0.{number}"},
            AlgorithmSpecification={"MetricDefinitions": metrics},
            Tags=[{"Key": "number", "Value": str(number)}],
        )
    for number in (5, 7):
        lab.trained(f"t{number}")

    for each in (
        condition("HyperParameters.eta", "Equals", "0.7"),
        condition("Metrics.auc", "GreaterThan", "0.6"),
        condition("Tags.number", "Equals", "7"),
    ):
        results = search(lab, "TrainingJob", each)
        assert [job["TrainingJobName"] for job in results] == ["t7"]
        assert results[0]["Tags"] == [{"Key": "number", "Value": "7"}]


def test_search_results_have_pages(versions: Lab) -> None:
    first = versions.call("Search", Resource="ModelPackage", MaxResults=2)
    second = versions.call("Search", Resource="ModelPackage", NextToken=first["NextToken"])

    seen = [each["ModelPackage"]["CreationTime"] for each in first["Results"] + second["Results"]]
    assert len(seen) == 3
    assert all(newer >= older for newer, older in pairwise(seen))
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ([condition("ModelPackageVersion", "GreaterThan", "x")], "no number"),
    ],
)
def test_a_search_that_makes_no_sense(
    versions: Lab, filters: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(ApiError, match=message):
        search(versions, "ModelPackage", *filters)
