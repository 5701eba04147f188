"""What is known of a holder that no password may be made of."""

from idp.accounts.account import Account
from idp.accounts.citizen import Citizen
from idp.accounts.foreigner import Foreigner


def personal(account: Account) -> tuple[str, ...]:
    """Number, phone, e-mail, name and birth date, in the forms that people type."""
    words = [account.number, account.phone, account.email]
    identity = account.identity
    if isinstance(identity, Citizen | Foreigner):
        born = identity.birth_date
        words += [identity.name, f"{born:%d%m%Y}", f"{born:%d%m%y}", f"{born:%Y%m%d}"]
    if account.phone and account.phone.startswith("+84"):
        words.append("0" + account.phone[3:])
    return tuple(word for word in words if word)
