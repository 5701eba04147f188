"""Why a chip's data are not taken for what they say."""

from enum import StrEnum

from idp.kernel.errors import Refused


class Flaw(StrEnum):
    """What is wrong with it."""

    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    SIGNER = "signer"
    ISSUER = "issuer"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DATA_GROUP = "data_group"
    HOLDER = "holder"


class ChipRefused(Refused):
    """Not genuine, not in order, or not the holder's. Nothing of the data is kept."""

    code = "chip_refused"

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw

    def facts(self) -> dict[str, object]:
        return {"reason": self.flaw.value}
