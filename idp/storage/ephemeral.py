"""Short-lived state behind one protocol: what is spent once, counted, or expires."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol


class Space(StrEnum):
    """One typed namespace per single-use thing, so that a code can never pass for another secret."""

    INTERACTION = "interaction"
    CODE = "code"
    SMS_OTP = "sms_otp"
    ACTIVATION = "activation"
    ATTEMPTS = "attempts"
    TOTP_STEP = "totp_step"
    ENROLMENT = "enrolment"
    PUSHED_REQUEST = "pushed_request"
    DEVICE_CODE = "device_code"
    USER_CODE = "user_code"
    CIBA_REQUEST = "ciba_request"
    ASSERTION_JTI = "assertion_jti"
    REQUEST_JTI = "request_jti"
    DPOP_JTI = "dpop_jti"
    REFRESH_RETRY = "refresh_retry"
    REGISTRATIONS = "registrations"
    SIMULATED_FAULT = "simulated_fault"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored under a key, with the version that ``replace`` asks for."""

    value: bytes
    version: int


class Ephemeral(Protocol):
    """Keys are digested before they are stored, so a copy of the store reveals no live secret.

    Every method is atomic across threads, processes and machines. All raise ``Unavailable`` when the
    store is silent: callers never take silence for an answer.
    """

    def put(self, space: Space, key: str, value: bytes, ttl: timedelta) -> None:
        """Store, at version 1, over whatever was there."""

    def get(self, space: Space, key: str) -> Entry | None:
        """Read. ``None``: there is none, or it has expired."""

    def take(self, space: Space, key: str) -> bytes | None:
        """Read and remove in one step: of any number of callers, one gets it."""

    def replace(self, space: Space, key: str, value: bytes, version: int, ttl: timedelta) -> bool:
        """Store at ``version + 1`` if the stored version still is ``version``. False: somebody was first."""

    def increment(self, space: Space, key: str, ttl: timedelta, by: int = 1) -> int:
        """Add to a counter and give the sum. Its time begins with the first call and is not prolonged.

        ``get`` and ``take`` give the sum as ASCII digits. A key holds either an entry or a counter.
        """

    def close(self) -> None:
        """Give the connections back."""
