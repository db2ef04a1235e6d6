"""What is measured in the machine-learning container's twin, whose packages only it has."""
