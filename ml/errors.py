class UserError(Exception):
    """Something that whoever starts a job can mend; the text says the cause and the remedy."""
