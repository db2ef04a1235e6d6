class DemoError(Exception):
    """The story cannot go on; the text says at which point and what to look at."""
