"""The one error of this package."""


class EmbeddedError(Exception):
    """The embedded servers cannot run; the message is a sentence with the next step."""
