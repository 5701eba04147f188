"""What a sign-in ends with where the person may not go on, as the client is told."""

from idp.oidc.errors import OAuthError


class AccountInactive(OAuthError):
    """The account is locked or closed. Told to who has proven to be its holder, and to the client."""

    code = "account_locked"

    def __init__(self) -> None:
        super().__init__("the account may not be used", "access_denied", 403)


class NoMandate(OAuthError):
    """The client demands that the person acts for somebody, in a role that they do not have."""

    code = "mandate_missing"

    def __init__(self) -> None:
        super().__init__("the person may act for nobody here in a role that was asked", "access_denied", 403)


class AboveLimit(OAuthError):
    """What the client asks to do is worth more than the mandate allows."""

    code = "mandate_limit"

    def __init__(self) -> None:
        super().__init__(
            "authorization_details: worth more than the limit_vnd of the person's mandate",
            "access_denied",
            403,
        )


class MandateGone(OAuthError):
    """The mandate that was chosen ended while the sign-in went on."""

    code = "mandate_over"

    def __init__(self) -> None:
        super().__init__("the mandate that was chosen has ended", "access_denied", 403)
