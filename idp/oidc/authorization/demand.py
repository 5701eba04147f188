"""A client's demand that the person acts for another account (docs/decisions/0016)."""

from idp.accounts.mandate import Role
from idp.oidc.authorization.request import Draft
from idp.oidc.errors import InvalidRequest
from idp.oidc.tokens.acting import MANDATE
from idp.oidc.tokens.claims import PLACES

ROLES = tuple(role.value for role in Role)


def mandate_is_possible(draft: Draft) -> None:
    """Demanded by an essential claim ``mandate``, or by an act of that type: the role is then one of those.

    Where a person acts for themself the claim is absent, so that it is a wish needs no more than that.
    """
    claims = [claim for place in PLACES if (claim := draft.claims.named(MANDATE, place)) is not None]
    demands = [claim.values or ROLES for claim in claims if claim.is_essential]
    demands += [detail["roles"] for detail in draft.details if detail["type"] == MANDATE]
    if not demands:
        return
    if not draft.known_client.metadata.acts_for:
        raise InvalidRequest("mandate: this client is not registered for people who act for others")
    roles = tuple(role for role in ROLES if all(role in demand for demand in demands))
    if not roles:
        raise InvalidRequest(f"mandate: expected roles among {' '.join(ROLES)}")
    draft.mandate_roles = roles
