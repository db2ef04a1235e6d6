"""What a template leaves to its deployment is said, not skipped."""

from collections.abc import Iterator

from queue_rules.application import Application
from queue_rules.findings import Severity, Violation, cannot_check, rule


@rule(
    "R0",
    "Resources that the templates show",
    severity=Severity.CANNOT_CHECK,
    consequence="What is made there is not checked by any rule.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html",
)
def unread(application: Application) -> Iterator[Violation]:
    """Macros, and nested stacks whose template is elsewhere."""
    for resource, unknown in application.unread:
        yield cannot_check(resource, [unknown])
