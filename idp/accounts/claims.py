"""What an account can say of its holder."""

from datetime import date

from idp.accounts.account import Account
from idp.accounts.kinds import Kind
from idp.statute.tax_code import PERSONAL_SINCE, TaxPayer

# Part of the address, though no register holds it.
POSTAL_CODE = "postal_code"
# By which name each kind's number goes, besides ``identity_number`` for people: an organisation's must not
# be taken for a person's.
NUMBERS = {
    Kind.CITIZEN: ("identity_number",),
    Kind.FOREIGNER: ("identity_number", "foreigner_number"),
    Kind.ORGANISATION: ("organisation_number",),
}


def proven(account: Account, on: date) -> dict[str, object]:
    """The claims that stand on what was proven when the account was opened."""
    given = account.identity.claims(on)
    given.update(dict.fromkeys(NUMBERS[account.kind], account.number))
    if account.kind is Kind.CITIZEN and on >= PERSONAL_SINCE:
        given["tax_code"] = {"value": account.number, "type": TaxPayer.PERSON.value}
    return given


def claims(account: Account, on: date) -> dict[str, object]:
    """Every claim that an account can give, on a day; which of them a client gets is decided elsewhere.

    Pure. A phone counts as verified once its holder has activated the account by a code sent to it.
    ``address`` and ``province`` are objects; ``updated_at`` is in seconds since 1970 (OIDC Core 1.0 §5.1).
    """
    given = proven(account, on)
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
    if account.profile:
        _tell(account, given)
    return given


def _tell(account: Account, given: dict[str, object]) -> None:
    """What the holder says beside it; never in the place of what was proven."""
    for name, value in account.profile.items():
        if name != POSTAL_CODE:
            given.setdefault(name, value)
    address = given.get("address")
    if isinstance(address, dict) and POSTAL_CODE in account.profile:
        given["address"] = {**address, POSTAL_CODE: account.profile[POSTAL_CODE]}
