"""What runs inside SageMaker's containers: `python3 -m ml STEP`. `features` is the use case."""
