"""What a relying party's developer can meet, and what mends it. ``docs/errors.md`` is made here."""

import sys
from dataclasses import dataclass
from pathlib import Path

PATH = "/errors"  # the same, shown by the provider


@dataclass(frozen=True, slots=True)
class Advice:
    """One error. ``status`` is 303 where it goes back to the client through the browser, with no status.

    ``example`` begins like a description that comes with it.
    """

    status: str
    met: str
    example: str
    mend: str
    source: str


GUIDE: dict[str, Advice] = {
    "access_denied": Advice(
        "303, 400", "authorization; token (device, CIBA)", "the person refused",
        "Nothing: the person said no, or their account may not be used. Let them try again if they wish.",
        "RFC 6749 4.1.2.1, RFC 8628 3.5",
    ),
    "account_selection_required": Advice(
        "303", "authorization", "the person may act for several accounts; none is meant clearly",
        "prompt=none cannot ask for whom. Send id_token_hint with an ID token of the one that is meant, "
        "or send the person once without prompt=none.",
        "OIDC Core 3.1.2.6",
    ),
    "authorization_pending": Advice(
        "400", "token (device, CIBA)", "nobody has answered yet",
        "Ask again after the interval.", "RFC 8628 3.5, CIBA 11",
    ),
    "consent_required": Advice(
        "303", "authorization", "the person has not allowed this client what it asks for",
        "prompt=none cannot ask. Send the person once without it.", "OIDC Core 3.1.2.6",
    ),
    "expired_token": Advice(
        "400", "token (device, CIBA)", "nobody answered in time; begin anew",
        "Ask for a new code or request id.", "RFC 8628 3.5, CIBA 11",
    ),
    "insufficient_scope": Advice(
        "403", "UserInfo", "UserInfo asks for the scope openid",
        "Ask for the scope that the challenge names, or use a token that stands for a person.",
        "RFC 6750 3.1",
    ),
    "insufficient_user_authentication": Advice(
        "401", "a resource (the simulator's)", "a more recent sign-in is asked for",
        "Send the person to the authorization endpoint with acr_values and max_age of the challenge, and "
        "come back with the new token.", "RFC 9470 3",
    ),
    "invalid_authorization_details": Advice(
        "303, 400", "authorization, PAR, CIBA", "authorization_details: type: missing; expected text",
        "Send an array of objects of the types in discovery, each with its own members.", "RFC 9396 5",
    ),
    "invalid_binding_message": Advice(
        "400", "CIBA", "binding_message: expected up to",
        "Send a short line of printable characters.", "CIBA 13",
    ),
    "invalid_client": Advice(
        "401", "token, PAR, introspection, revocation, device, CIBA",
        "no client authentication: send Basic, or client_id in the body",
        "Prove the client by the one method it is registered for. An assertion is used once, lives an hour "
        "at most, and names the issuer as its aud.",
        "RFC 6749 5.2, RFC 7523 3",
    ),
    "invalid_client_metadata": Advice(
        "400, 303", "registration, token, UserInfo, introspection, authorization",
        "token_endpoint_auth_method",
        "Change the member that the description names to what it expects. If an answer was to be encrypted, "
        "publish a key with use enc for the algorithm that is registered.",
        "RFC 7591 3.2.2",
    ),
    "invalid_dpop_proof": Advice(
        "400, 401", "token, PAR, UserInfo", "DPoP: this proof was used before",
        "Make a new proof for each request: its method, its address without the query, the time, a new jti, "
        "and the token's hash where one comes along.",
        "RFC 9449 4.3, 5, 7.1",
    ),
    "invalid_grant": Advice(
        "400", "token, revocation", "code: unknown, expired, already used, or issued to another client",
        "Codes live a minute and work once, for the client, address, verifier and key of their request. "
        "Otherwise begin a new sign-in.",
        "RFC 6749 5.2",
    ),
    "invalid_logout": Advice(
        "400, a page", "logout", "id_token_hint: expected an ID token that this provider issued",
        "Send an ID token of ours, and a post_logout_redirect_uri that is registered, byte for byte.",
        "RP-Initiated Logout 4",
    ),
    "invalid_redirect_uri": Advice(
        "400, a page", "authorization; registration (JSON)",
        "redirect_uri: missing, or not registered for this client, byte for byte",
        "Register the address exactly as it is sent. Native apps may vary the port of a loopback address.",
        "RFC 6749 4.1.2.1, RFC 7591 3.2.2",
    ),
    "invalid_request": Advice(
        "303, 400, 405, 413, 415, 429", "everywhere", "max_age: expected a number",
        "Send the parameter that the description names as it expects, once, in a body of the right type. "
        "With 429, wait as long as Retry-After says.",
        "RFC 6749 4.1.2.1, 5.2",
    ),
    "invalid_request_object": Advice(
        "303, 400", "authorization, PAR", "request: exp: it has expired",
        "Sign the request with a key of the client's; iss is its client_id, aud our issuer; it is used once.",
        "RFC 9101 7",
    ),
    "invalid_request_uri": Advice(
        "400, a page", "authorization",
        "request_uri: unknown, expired, already used, or pushed by another client",
        "Push the request again and use its reference soon; register a reference of your own beforehand.",
        "RFC 9101 7, RFC 9126 4",
    ),
    "invalid_scope": Advice(
        "303, 400", "authorization, token, PAR, CIBA", "scope: expected some of",
        "Ask for scopes of discovery that are registered for the client; with CIBA, openid among them.",
        "RFC 6749 4.1.2.1, 5.2",
    ),
    "invalid_target": Advice(
        "303, 400", "authorization, token, PAR", "resource: expected at most",
        "Ask for resources that are registered for the client, at the token endpoint only for those allowed.",
        "RFC 8707 2",
    ),
    "invalid_token": Advice(
        "401", "UserInfo, registration", "the access token is malformed, expired or not ours",
        "Get a new token; send it under the scheme of its token_type, with its key or certificate.",
        "RFC 6750 3.1",
    ),
    "login_required": Advice(
        "303", "authorization", "the person is not signed in, or must prove themself anew",
        "prompt=none cannot ask. Send the person without it; another one than the hint's was signed in, or "
        "longer ago than max_age, or nobody.",
        "OIDC Core 3.1.2.6",
    ),
    "registration_not_supported": Advice(
        "303, 400", "authorization", "registration: not supported; register ahead of the request",
        "Leave the parameter registration out.", "OIDC Core 7.2.1",
    ),
    "request_not_supported": Advice(
        "303, 400", "authorization, CIBA", "not supported here",
        "This provider reads no request objects: send the parameters themselves.", "OIDC Core 3.1.2.6",
    ),
    "request_uri_not_supported": Advice(
        "303, 400", "authorization", "not supported here",
        "This provider fetches no request objects: send the parameters themselves.", "OIDC Core 3.1.2.6",
    ),
    "server_error": Advice(
        "500", "everywhere", "our fault; the reference is",
        "Nothing. Tell the operator the reference.", "RFC 6749 4.1.2.1",
    ),
    "slow_down": Advice(
        "400", "token (device, CIBA)", "polled too soon; wait", "Wait five seconds more between questions.",
        "RFC 8628 3.5, CIBA 11",
    ),
    "temporarily_unavailable": Advice(
        "503", "everywhere", "something we lean on is silent; try again",
        "Try again as late as Retry-After says.", "RFC 6749 4.1.2.1",
    ),
    "unapproved_software_statement": Advice(
        "400", "registration", "software_statement: none is taken here",
        "Register without a software_statement; what an operator vouches for is set by the operator.",
        "RFC 7591 3.2.2",
    ),
    "unauthorized_client": Advice(
        "303, 400", "authorization, token, device, CIBA", "this client is not registered for",
        "Register the client for the grant.", "RFC 6749 4.1.2.1, 5.2",
    ),
    "unknown_client": Advice(
        "400, a page", "authorization", "client_id: missing, or not registered here",
        "Send the client_id that registration gave.", "RFC 6749 4.1.2.1",
    ),
    "unknown_user_id": Advice(
        "400", "CIBA", "login_hint: expected an identity number of digits, or an agency's code",
        "Name them by their number, an agency by its code, or by an ID token of theirs.", "CIBA 13",
    ),
    "unmet_authentication_requirements": Advice(
        "303", "authorization", "the account has no method that reaches the level",
        "Ask for a level of acr_values_supported, or without essential; the person may add a way to sign in.",
        "OIDC Core Unmet Authentication Requirements, RFC 9470",
    ),
    "unsupported_grant_type": Advice(
        "400", "token", "grant_type: expected one of", "Use a grant of grant_types_supported.",
        "RFC 6749 5.2",
    ),
    "unsupported_response_type": Advice(
        "303, 400", "authorization, PAR", "response_type: expected code",
        "Use response_type=code with PKCE.", "RFC 6749 4.1.2.1",
    ),
    "unsupported_token_type": Advice(
        "400", "revocation", "token_type_hint: expected one of",
        "Leave the hint out, or say access_token or refresh_token.", "RFC 7009 2.2.1",
    ),
    "use_dpop_nonce": Advice(
        "400, 401", "token, UserInfo", "DPoP: the nonce is not of this server or too old",
        "Make the proof again with the nonce of the header DPoP-Nonce.", "RFC 9449 8, 9",
    ),
}  # fmt: skip


def error_uri(issuer: str, code: str) -> str:
    """Where an error is explained (RFC 6749 §5.2)."""
    return f"{issuer}{PATH}#{code}"


def catalogue() -> str:
    """The page ``docs/errors.md``."""
    rows = "\n".join(
        f"| `{code}` | {a.status} | {a.met} | {a.example}... | {a.mend} | {a.source} |"
        for code, a in GUIDE.items()
    )
    return (
        "# Errors\n\n"
        "Made from `idp/oidc/error_guide.py` by `python -m idp.oidc.error_guide docs/errors.md`; "
        "a test keeps the two in step. The provider shows the same at `/errors`.\n\n"
        "An error holds `error`, `error_description` and `error_uri`, which leads to its line at `/errors`. "
        "The description begins with the parameter at fault, says what was expected and, unless it could be "
        "secret, what came. Errors that are no redirects carry `X-Request-Id`: tell it to the operator, "
        "whose log has it as `request_id`; on pages it is the reference shown.\n\n"
        "Status 303 is a redirect to the client with the error in it; a page is shown where nobody can be "
        "redirected to.\n\n"
        "| error | status | where | description, as in | what to mend | specification |\n"
        f"| --- | --- | --- | --- | --- | --- |\n{rows}\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue(), encoding="utf-8")
