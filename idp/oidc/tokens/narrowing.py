"""What a token request leaves out of what was allowed: resources (RFC 8707 §2.2), acts (RFC 9396 §6)."""

from collections.abc import Mapping

from idp.oidc.clients.client import Client
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.jwt_access_token import NO_LIMITS, Limits
from idp.oidc.tokens.rar import DETAILS, narrowed_details
from idp.oidc.tokens.resource import RESOURCE, read_resources


def audience_of(form: Mapping[str, str], grant: Grant) -> tuple[str, ...]:
    """Where the access token may be used: all that was allowed, or what is named of it.

    Raises:
        InvalidTarget: something else is named.
    """
    return read_resources(form.get(RESOURCE), grant.resources) or grant.resources


def limits_of(form: Mapping[str, str], client: Client, grant: Grant) -> Limits:
    """Which acts the access token is good for: all that were allowed, or what is named of them.

    Raises:
        InvalidAuthorizationDetails: something else, or more, is named.
    """
    asked = form.get(DETAILS)
    return NO_LIMITS if asked is None else Limits(details=narrowed_details(asked, client, grant.details))
