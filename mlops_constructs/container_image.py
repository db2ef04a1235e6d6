"""An image of AWS's own, which lies in another account in each region."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class RegionalImage(Construct):
    """A container image whose registry follows the region that the stack is deployed to.

    Attributes:
        uri: What jobs are started with.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, image: str, accounts: Mapping[str, str]
    ) -> None:
        """Look the registry up in `accounts`, region to account, when the stack is deployed.

        A region that it does not name cannot be deployed to; CloudFormation says so.
        """
        super().__init__(scope, construct_id)
        table = cdk.CfnMapping(
            self,
            "Accounts",
            mapping={region: {"account": account} for region, account in accounts.items()},
        )
        self._account = table.find_in_map(cdk.Aws.REGION, "account")
        self._repository = image.partition(":")[0]
        self.uri = f"{self._account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/{image}"

    def grant_pull(self, role: iam.Role) -> None:
        """Allow pulling the image."""
        repository = cdk.Stack.of(self).format_arn(
            service="ecr",
            account=self._account,
            resource="repository",
            resource_name=self._repository,
        )
        for actions, resource in ((_PULL, repository), (("ecr:GetAuthorizationToken",), "*")):
            iam.Grant.add_to_principal(
                grantee=role, actions=list(actions), resource_arns=[resource]
            ).assert_success()
