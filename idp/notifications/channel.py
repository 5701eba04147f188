"""What every way to reach a person looks like."""

from typing import Protocol


class Channel(Protocol):
    """Takes a text for somebody. Taken is not delivered."""

    @property
    def name(self) -> str: ...

    def send(self, to: str, text: str) -> None:
        """Hand over one text.

        Args:
            to: a phone in E.164.
            text: one line, as the person shall read it.

        Raises:
            Unavailable: the channel is silent; worth another try.
        """
