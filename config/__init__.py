"""What differs between the environments, and nothing else. Standard library only."""

from config.environment_config import EnvironmentConfig
from config.environments import ENVIRONMENTS, get_environment
from config.ingestion import IngestionConfig
from config.model import MODEL
from config.model_config import ModelConfig
from config.serving import InstanceEndpoint, ServerlessEndpoint, ServingConfig
from config.training import TrainingConfig, VpcConfig

__all__ = [
    "ENVIRONMENTS",
    "MODEL",
    "EnvironmentConfig",
    "IngestionConfig",
    "InstanceEndpoint",
    "ModelConfig",
    "ServerlessEndpoint",
    "ServingConfig",
    "TrainingConfig",
    "VpcConfig",
    "get_environment",
]
