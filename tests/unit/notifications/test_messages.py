"""What is said, in which language, over the channel there is."""

from idp.notifications.messages import Messages
from idp.notifications.texts import Texts


class Recorded:
    """A channel that remembers."""

    name = "recorded"

    def __init__(self):
        self.sent = []

    def send(self, to, text):
        self.sent.append((to, text))


def test_code_is_sent_in_the_language_asked_for():
    channel = Recorded()

    Messages(channel, Texts()).send_code("+84900000001", "123456", "sign_in", "en", "National Portal")

    to, text = channel.sent[0]
    assert to == "+84900000001"
    assert text.startswith("123456 is your code to sign in to National Portal")
