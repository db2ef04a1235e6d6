"""A SageMaker that really executes jobs and serves models, as processes of this machine.

It knows nothing of the emulator: whoever plugs it in passes requests to `SageMaker.call` and
`SageMaker.invoke`, and takes events and log lines from the callbacks in `Settings`.
"""

from local.sagemaker.errors import ApiError
from local.sagemaker.service import SageMaker
from local.sagemaker.settings import Settings

__all__ = ["ApiError", "SageMaker", "Settings"]
