"""Messages to people: what is said, in their language, over the channel there is."""

from idp.notifications.channel import Channel
from idp.notifications.texts import Texts


class Messages:
    """Composes messages and hands them to a channel. Does not keep them."""

    def __init__(self, channel: Channel, texts: Texts) -> None:
        self._channel = channel
        self._texts = texts

    def send_code(self, to: str, code: str, purpose: str, lang: str, party: str | None) -> None:
        """Send a one-time code: the code first, who asks for it, and the warning never to pass it on.

        Args:
            to: a phone in E.164.
            code: as the person shall type it.
            purpose: ``sign_in``, ``activation`` or another with a text in ``messages.toml``.
            lang: ``vi`` or ``en``.
            party: registered name of who asks; ``None`` where it is the provider itself.

        Raises:
            Unavailable: no channel takes it.
        """
        self._channel.send(to, self._texts.compose(purpose, {"code": code, "party": party}, lang))

    def send_notice(self, to: str, kind: str, lang: str) -> None:
        """Tell of something that happened: a text of ``messages.toml`` without values.

        Raises:
            Unavailable: no channel takes it.
        """
        self._channel.send(to, self._texts.compose(kind, {}, lang))
