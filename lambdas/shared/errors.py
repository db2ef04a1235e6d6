"""The two kinds of failure: trying again is of use, or it is not.

A queue's batch wrapper tells them apart by class, a state machine's retriers by the class's name.
"""


class ProcessingError(Exception):
    """A message, or a step of a state machine, that could not be processed.

    Attributes:
        code: Short, stable word for the kind of failure; people and programs search by it.
        message: Cause and remedy, for people.
        subject: What it is about, such as an object's URI; empty when unknown.
    """

    def __init__(self, code: str, message: str, subject: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.subject = subject


class PermanentError(ProcessingError):
    """Trying again gives the same result: a message belongs in the dead-letter queue."""


class InvalidInputError(PermanentError):
    """Somebody asked for what is not possible; the text says what to ask for instead."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid-input", message)


class TransientError(ProcessingError):
    """Trying again later may succeed."""


class NotBegunError(TransientError):
    """The batch's time was nearly up before this message's turn came; nothing is wrong with it."""


def as_processing_error(error: Exception, subject: str = "") -> ProcessingError:
    """Return `error`, about `subject` unless it says otherwise.

    An error that nobody foresaw becomes a transient one, named by its type.
    """
    if isinstance(error, ProcessingError):
        error.subject = error.subject or subject
        return error
    unforeseen = TransientError(type(error).__name__, str(error), subject)
    unforeseen.__cause__ = error
    return unforeseen
