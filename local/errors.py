class LocalCloudError(RuntimeError):
    """The local cloud cannot do what was asked; the message names the cause and the remedy."""
