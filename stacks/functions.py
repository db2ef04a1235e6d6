"""Functions that decide and record: small, without pyarrow, on a layer that they share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from constructs import Construct

from config import EnvironmentConfig
from config.layers import Layer
from mlops_constructs.assets import built_layer, repository_code
from mlops_constructs.python_function import FunctionSource

ROOT = Path(__file__).resolve().parent.parent
EVERY_FUNCTION = ("lambdas/shared", "schemas")
MEMORY_MB = 512


class BaseFunctions:
    """Sources of functions; the layer that they share is created in `scope`."""

    def __init__(self, scope: Construct, environment: EnvironmentConfig) -> None:
        platform = environment.layer_platform
        self._layer = built_layer(
            scope,
            "BaseLayer",
            archive=Layer.BASE.archive(platform),
            asset_hash=Layer.BASE.asset_hash(platform),
            description=f"Third-party packages locked in {Layer.BASE.lock_file.name}",
        )

    def source(
        self,
        name: str,
        description: str,
        *,
        environment: Mapping[str, str],
        memory_mb: int = MEMORY_MB,
        packages: Sequence[str] = (),
    ) -> FunctionSource:
        """Return what `lambdas/<name>` runs.

        Args:
            name: Of its folder.
            description: Shown in the console.
            environment: Its variables.
            memory_mb: Its memory.
            packages: Folders that it needs beside its own and those of every function.
        """
        return FunctionSource(
            code=repository_code(ROOT, [f"lambdas/{name}", *packages, *EVERY_FUNCTION]),
            handler=f"lambdas.{name}.handler.lambda_handler",
            description=description,
            layers=[self._layer],
            memory_mb=memory_mb,
            environment=dict(environment),
        )
