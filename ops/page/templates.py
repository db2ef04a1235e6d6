"""The templates that are deployed, as CloudFormation has them."""

from collections.abc import Mapping
from typing import Any

from ops.deployment import Deployment

Templates = Mapping[str, Mapping[str, Any]]
"""Stack name to template."""


def deployed(deployment: Deployment) -> Templates:
    """Return the templates of all stacks that there are."""
    client = deployment.connection.cloudformation
    return {
        stack.name: client.get_template(StackName=stack.name)["TemplateBody"]
        for stack in deployment.stacks.values()
        if stack.exists
    }
