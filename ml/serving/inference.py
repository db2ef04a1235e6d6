"""What the container's serving stack imports from a model's code; see `ml.packing`."""

from ml.inference import input_fn, model_fn, output_fn, predict_fn

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]
