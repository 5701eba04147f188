"""Where clients come in: what they send is read once, and they prove who they are."""

from dataclasses import dataclass

from idp.oidc.clients.authentication import ClientAuthentication, Presented
from idp.oidc.clients.client import Client
from idp.web.http import read_form
from idp.web.presented import Presenting


@dataclass(frozen=True, slots=True)
class ClientDoor:
    """The opening lines of every endpoint that clients call with a form."""

    clients: ClientAuthentication
    presenting: Presenting

    def enter(self, *lists: str, is_public_let_in: bool = True) -> tuple[dict[str, str], Client, Presented]:
        """What was sent, who sent it, and what came beside it.

        Args:
            lists: the parameters that may repeat; see ``read_form``.
            is_public_let_in: whether clients come in that prove nothing.

        Raises:
            InvalidClient: see ``ClientAuthentication.authenticate``.
            Malformed, WrongContentType: see ``read_form``.
        """
        # RFC 6749 §3.2: parameters sent without a value are treated as if they were omitted.
        form = {name: value for name, value in read_form(*lists).items() if value}
        presented = self.presenting()
        client = self.clients.authenticate(form, presented, is_public_let_in=is_public_let_in)
        return form, client, presented
