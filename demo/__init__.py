"""The story that `make demo` tells; of it, bench and chaos import `real_data` alone."""
