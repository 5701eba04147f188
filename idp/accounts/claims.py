"""What an account can say of its holder."""

from datetime import date

from idp.accounts.account import Account


def claims(account: Account, on: date) -> dict[str, object]:
    """Every claim that an account can give, on a day; which of them a client gets is decided elsewhere.

    Pure. A phone counts as verified once its holder has activated the account by a code sent to it.
    ``address`` and ``province`` are objects; ``updated_at`` is in seconds since 1970 (OIDC Core 1.0 §5.1).
    """
    given = account.identity.claims(on)
    given["identity_number"] = account.number
    given["account_kind"] = account.kind.value
    given["updated_at"] = int(account.updated_at.timestamp())
    if account.level is not None:
        given["account_level"] = account.level.value
    if account.phone is not None:
        given["phone_number"] = account.phone
        given["phone_number_verified"] = account.activated_at is not None
    if account.email is not None:
        given["email"] = account.email
        given["email_verified"] = False
    return given
