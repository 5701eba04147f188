"""A clock that can be shifted, by all processes of a simulator at once."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from idp.kernel.clock import Clock

_SECONDS = struct.Struct("<q")


class ShiftedClock:
    """Another clock's time, shifted by the seconds that stand in ``file``; mapped, so reading is cheap."""

    def __init__(self, clock: Clock, file: Path) -> None:
        self._clock = clock
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        with file.open("r+b") as opened:
            if file.stat().st_size != _SECONDS.size:
                opened.truncate(0)
                opened.truncate(_SECONDS.size)
            self._map = mmap.mmap(opened.fileno(), _SECONDS.size)

    def __call__(self) -> datetime:
        return self._clock() + timedelta(seconds=self.shift)

    @property
    def shift(self) -> int:
        """Seconds ahead of the other clock."""
        return int(_SECONDS.unpack_from(self._map)[0])

    @shift.setter
    def shift(self, seconds: int) -> None:
        _SECONDS.pack_into(self._map, 0, seconds)
