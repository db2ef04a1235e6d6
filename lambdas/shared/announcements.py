"""What people are told by the alarm topic, within what SNS accepts."""

# ASCII without line breaks, less than 100 characters long.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT_CHARACTERS = 99
# Also the cause of a failed execution, of which Step Functions keeps 32,768 characters.
MAX_MESSAGE_CHARACTERS = 16_000


def as_subject(text: str) -> str:
    """Return `text` as one line that a message's subject may be."""
    plain = " ".join(text.encode("ascii", "replace").decode().split())
    return cut("".join(each for each in plain if each.isprintable()), MAX_SUBJECT_CHARACTERS)


def as_message(*lines: str) -> str:
    """Return `lines` as a message's text."""
    return cut("\n".join(lines), MAX_MESSAGE_CHARACTERS)


def cut(text: str, characters: int) -> str:
    """Return `text`, shortened visibly when it has more than `characters`."""
    return text if len(text) <= characters else f"{text[: characters - 3]}..."
