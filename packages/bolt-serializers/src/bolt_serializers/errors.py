"""The exception that reports a mistake in a program's own code."""


class DeclarationError(Exception):
    """A mistake in a declaration; the message names what is wrong, and the remedy."""
