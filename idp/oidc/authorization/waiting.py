"""Authorization requests in the form in which they wait elsewhere."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.grants.pending import Pending

_REQUEST: TypeAdapter[AuthorizationRequest] = TypeAdapter(AuthorizationRequest)


def to_wait(request: AuthorizationRequest) -> Mapping[str, Any]:
    """A request as JSON has it."""
    return _REQUEST.dump_python(request, mode="json")  # type: ignore[no-any-return]


def asked_by(pending: Pending) -> AuthorizationRequest:
    """The authorization request of one that waits."""
    return _REQUEST.validate_python(pending.asked)
