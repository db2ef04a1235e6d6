"""What the release state machine says when it has ended."""

import json

from schemas.releases import ReleaseStatus
from tests.unit.ops.services import Moment


def ended(status: ReleaseStatus = ReleaseStatus.SUCCEEDED, message: str = "") -> Moment:
    settled = {"status": status.value, "subject": "", "message": message}
    return Moment("SUCCEEDED", told={"output": json.dumps({"settled": settled})})
