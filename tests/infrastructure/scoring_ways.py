"""Ways through batch scoring."""

from typing import Any

from config import MODEL
from local.environment import ACCOUNT, REGION
from tests.infrastructure.state_machines import Way

LOOKS = ("Endpoint", "EndpointConfig", "Model", "ModelPackage")


def scoring_results(environment: str) -> dict[str, Any]:
    """Return what every task answers when a month is scored."""
    group = f"mlops-{environment}-{MODEL.name}"
    package = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/3"
    return {
        "Endpoint": {"EndpointName": group, "EndpointConfigName": "EndpointConfig-1"},
        "EndpointConfig": {
            "ProductionVariants": [
                {"VariantName": "champion", "ModelName": "ChampionModel-1"},
                {"VariantName": "challenger", "ModelName": "ChallengerModel-1"},
            ]
        },
        "Model": {"ModelName": "ChampionModel-1", "Containers": [{"ModelPackageName": package}]},
        "ModelPackage": {
            "ModelPackageArn": package,
            "CustomerMetadataProperties": {
                "image_uri": "1.dkr.ecr.x.amazonaws.com/sagemaker-xgboost:3.2-0",
                "code_sha256": "0" * 64,
            },
        },
        "Requests": {},
        "Scores": {},
    }


def scoring_ways(environment: str) -> tuple[Way, ...]:
    """Return the way that scores, those of inputs that are no month, and one that fails."""
    results = scoring_results(environment)
    month = {"month": "2013-06"}
    without_scores = {name: each for name, each in results.items() if name != "Scores"}
    jobs = ("IsMonth", *LOOKS, "Prepare", "Requests", "Scores")
    return (
        Way(month, results, (*jobs, "Done")),
        Way(month, without_scores, (*jobs, "Explain", "Failed")),
        *(
            Way(wrong, results, ("IsMonth", "NoMonth"))
            for wrong in ({}, {"month": 201306}, {"month": "June"})
        ),
    )
