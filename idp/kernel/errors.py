"""What can go wrong, as classes with data. The sentences for people live in ``idp/locale/``."""

from datetime import timedelta


class IdpError(Exception):
    """Anything the house raises on purpose. ``code`` names its sentence in ``idp/locale/*/errors.toml``."""

    code = "internal_error"

    def facts(self) -> dict[str, object]:
        """The values its sentence may name. Never a secret, a token or a personal number."""
        return {}


class Refused(IdpError):
    """The caller may not. Expected; carries a code."""

    code = "refused"


class NotFound(Refused):
    """There is no such thing, or none that the caller may know of."""

    code = "not_found"


class TooManyAttempts(Refused):
    """The budget of attempts is spent; another is possible after ``retry_after``."""

    code = "too_many_attempts"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after

    def facts(self) -> dict[str, object]:
        return {"minutes": max(1, -(-int(self.retry_after.total_seconds()) // 60))}


class Unavailable(IdpError):
    """Something we lean on (database, Redis, a register, a gateway) is silent. Worth another try.

    ``answered``: the status of one that does answer, and gives nothing: 401 is a wrong key of ours.
    """

    code = "unavailable"

    def __init__(
        self, what: str, retry_after: timedelta = timedelta(seconds=5), *, answered: int | None = None
    ) -> None:
        super().__init__(what if answered is None else f"{what} answered {answered}")
        self.what = what
        self.retry_after = retry_after
        self.answered = answered


class Corrupt(IdpError):
    """An invariant does not hold: sealed data that does not open, a broken audit chain. Wakes someone."""

    code = "corrupt"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
