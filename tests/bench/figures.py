"""From samples to figures, and from figures to a table."""

import math
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from argon2 import PasswordHasher

from idp.keyring.files import GENERATE
from idp.keyring.jose import signer
from idp.keyring.keyring import SIGNING
from tests.bench.load import Sample
from tests.bench.server import Cpu

READ, WRITTEN = "bare Flask GET", "bare Flask POST form"


@dataclass(slots=True)
class Figures:
    """What one operation cost, over every round."""

    name: str
    cpu_ms: list[float] = field(default_factory=list)  # the server's, per operation, one per round
    kernel_ms: list[float] = field(default_factory=list)  # of it, in the kernel
    rates: list[float] = field(default_factory=list)  # operations a second, one per round
    durations: list[float] = field(default_factory=list)  # seconds
    requests: Counter[str] = field(default_factory=Counter)  # of one operation, by method
    faults: list[str] = field(default_factory=list)

    def add(self, sample: Sample, cpu: Cpu) -> None:
        """Take in a round."""
        self.faults += sample.faults
        done = len(sample.durations)
        if done == 0:
            return
        self.cpu_ms.append(1000 * cpu.total / done)
        self.kernel_ms.append(1000 * cpu.system / done)
        self.rates.append(done / sample.seconds)
        self.durations += sample.durations
        self.requests = Counter({method: round(count / done) for method, count in sample.requests.items()})

    @property
    def cost(self) -> float:
        """The middle round's CPU milliseconds for one operation."""
        return statistics.median(self.cpu_ms) if self.cpu_ms else math.nan

    @property
    def kernel_cost(self) -> float:
        """The middle round's share of it in the kernel."""
        return statistics.median(self.kernel_ms) if self.kernel_ms else math.nan

    def milliseconds(self, percent: int) -> float:
        """The time within which that share of the operations was answered."""
        ordered = sorted(self.durations)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else math.nan


def table(rows: Sequence[Figures]) -> Iterable[str]:
    """The figures as Markdown. The last column compares with the bare Flask requests an operation makes."""
    bare = {row.name: row.cost for row in rows if row.name in (READ, WRITTEN)}
    heads = ("op/s", "p50 ms", "p95 ms", "p99 ms", "CPU-ms/op", "of it kernel", "× bare Flask", "faults")
    yield f"| operation | requests | {' | '.join(heads)} |"
    yield "|---|---|" + "--:|" * len(heads)
    for row in rows:
        least = row.requests["GET"] * bare[READ] + row.requests["POST"] * bare[WRITTEN]
        made = " + ".join(f"{count} {method}" for method, count in sorted(row.requests.items()) if count)
        ratio = f"{row.cost / least:.2f}" if least else "-"
        times = " | ".join(f"{row.milliseconds(percent):.2f}" for percent in (50, 95, 99))
        rate = f"{statistics.median(row.rates):.0f}" if row.rates else "-"
        costs = f"{row.cost:.3f} | {row.kernel_cost:.3f} | {ratio}"
        yield f"| {row.name} | {made} | {rate} | {times} | {costs} | {len(row.faults)} |"


def signers() -> dict[str, Callable[[bytes], bytes]]:
    """What signs our tokens by each algorithm, with new keys."""
    return {alg: signer(alg, GENERATE[alg]()) for alg in SIGNING}


def signature_ms(sign: Callable[[bytes], bytes], repeats: int = 500) -> float:
    """CPU milliseconds of a signature over a token's worth of bytes."""
    message = b"t" * 400
    began = time.process_time()
    for _ in range(repeats):
        sign(message)
    return 1000 * (time.process_time() - began) / repeats


def hash_ms(repeats: int = 20) -> float:
    """CPU milliseconds to verify a password: argon2id, 19 MiB, two passes, one lane."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    stored = hasher.hash("correct horse")
    began = time.process_time()
    for _ in range(repeats):
        hasher.verify(stored, "correct horse")
    return 1000 * (time.process_time() - began) / repeats
