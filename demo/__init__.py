"""The story that `make demo` tells; nobody imports it."""
