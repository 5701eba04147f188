"""``make bench``: what each operation costs the server, beside bare Flask under the same server.

Prints Markdown for docs/performance.md, which says how to read it.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.course import Course, start_bare, start_provider
from tests.bench.crowd import FEWEST, MOST, Crowd, growth, growth_table, house_of
from tests.bench.figures import Figures, hash_ms, signature_ms, signers, table
from tests.bench.operations import BARE, Case, Provider
from tests.bench.server import Server
from tests.servers import Postgres, Redis

WARM_SECONDS = 0.5


def options(arguments: list[str]) -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=6, help="measured time of each operation, all rounds"
    )
    parser.add_argument("--rounds", type=int, default=3, help="the operations take turns so many times")
    parser.add_argument("--connections", type=int, default=4, help="that wait for an answer at any time")
    parser.add_argument("--client", default="confidential", help="its name in demo.json")
    parser.add_argument("--database-url", help="the provider's database; else SQLite in a new folder")
    parser.add_argument("--redis-url", help="the provider's short-lived state; else its database")
    parser.add_argument("--postgresql", action="store_true", help="a throwaway PostgreSQL for the provider")
    parser.add_argument("--redis", action="store_true", help="a throwaway Redis for the provider")
    parser.add_argument("--full-hash", action="store_true", help="sign-ins pay for their password hash")
    parser.add_argument("--only", default="", help="measure operations whose name holds this, and bare Flask")
    parser.add_argument("--bare", action="store_true", help="bare Flask alone, without the provider")
    parser.add_argument(
        "--accounts",
        type=int,
        nargs="+",
        metavar="N",
        help=f"sign-ins alone, among {FEWEST} accounts and then among as many as these, up to {MOST}",
    )
    return parser.parse_args(arguments)


def main(asked: argparse.Namespace) -> int:
    """Start everything, measure in turns, print. Gives the exit status: 1 when any operation failed."""
    if asked.accounts:
        return _among(asked)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as until:
        folder = Path(name)
        bare = start_bare(folder, cores[0], until)
        courses = [_course(bare, case, asked) for case in BARE]
        provider = None
        if not asked.bare:
            provider, file = start_provider(
                folder, cores[0], until, stores=_stores(asked, until), has_full_hash=asked.full_hash
            )
            told = Provider(provider.address, file, asked.client)
            courses += [_course(provider, case, asked) for case in _cases(told, asked)]
        os.sched_setaffinity(0, {cores[-1]})
        signatures, password = _take_turns(courses, asked)
        memory = provider.memory_mib() if provider is not None else None
    print("\n".join(_report([course.figures for course in courses], asked, signatures, password, memory)))
    faults = [f"{course.figures.name}: {fault}" for course in courses for fault in course.figures.faults]
    if faults:
        print("\n".join(["", *faults]), file=sys.stderr)
    return 1 if faults else 0


def _among(asked: argparse.Namespace) -> int:
    """Sign-ins among ever more accounts, at one provider."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as until:
        stores = _stores(asked, until)
        server, file = start_provider(Path(name), cores[0], until, stores=stores, has_full_hash=False)
        os.sched_setaffinity(0, {cores[-1]})
        told = Provider(server.address, file, asked.client)
        crowd = Crowd(house_of(file.parent, told.origin, stores))
        until.callback(crowd.close)
        rows = list(growth(server, told, crowd, asked))
    print("\n".join(growth_table(rows)))
    faults = [fault for row in rows for fault in row.faults]
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


def _course(server: Server, case: Case, asked: argparse.Namespace) -> Course:
    return Course(server, Figures(case.name), case.make, asked.connections)


def _stores(asked: argparse.Namespace, until: ExitStack) -> dict[str, str]:
    """The provider's settings for them, throwaway servers started where they were asked for."""
    if asked.postgresql:
        postgres = Postgres()
        until.callback(postgres.close)
        postgres.start()
        postgres.administer("CREATE DATABASE demo")
        asked.database_url = postgres.url("demo")
    if asked.redis:
        redis = Redis()
        until.callback(redis.close)
        redis.start()
        asked.redis_url = redis.url
    chosen = {"IDP_DATABASE_URL": asked.database_url, "IDP_REDIS_URL": asked.redis_url}
    return {name: url for name, url in chosen.items() if url}


def _cases(provider: Provider, asked: argparse.Namespace) -> Iterator[Case]:
    hashing = "with its password hash" if asked.full_hash else "password hash excluded"
    for case in [*provider.cases(), provider.signing_in(f"sign-in with consent page, {hashing}")]:
        if asked.only in case.name:
            yield case


def _take_turns(courses: list[Course], asked: argparse.Namespace) -> tuple[dict[str, float], float]:
    """Every operation once a round, so that a noisy minute falls on all of them.

    Gives the CPU milliseconds of a signature by each algorithm and of a password hash, from the same rounds.
    """
    by_alg = signers()
    signatures: dict[str, list[float]] = {alg: [] for alg in by_alg}
    hashes = []
    for course in courses:
        course.warm(WARM_SECONDS)
    for _ in range(asked.rounds):
        for alg, sign in by_alg.items():
            signatures[alg].append(signature_ms(sign))
        hashes.append(hash_ms())
        for course in courses:
            course.run(asked.seconds / asked.rounds)
    medians = {alg: statistics.median(times) for alg, times in signatures.items()}
    return medians, statistics.median(hashes)


def _report(
    rows: list[Figures],
    asked: argparse.Namespace,
    signatures: dict[str, float],
    password: float,
    memory: float | None,
) -> Iterator[str]:
    database = "PostgreSQL" if "postgres" in (asked.database_url or "") else "SQLite"
    stores = f"{database} and Redis" if asked.redis_url else database
    yield (
        f"Python {platform.python_version()}, {platform.machine()}, server on one core, load on "
        f"{'another' if len(os.sched_getaffinity(0)) < (os.cpu_count() or 1) else 'the same'}; "
        f"{stores}; {asked.connections} connections; "
        f"{asked.rounds} rounds, {asked.seconds:g} s for each operation.\n"
    )
    yield from table(rows)
    named = ", ".join(f"{alg} {cost:.3f}" for alg, cost in signatures.items())
    yield f"\nSignatures, bare, CPU-ms: {named}. "
    yield f"argon2id verification, 19 MiB, t=2, bare: {password:.2f} CPU-ms."
    if memory is not None:
        yield f"The provider's worker holds {memory:.0f} MiB of its own."


if __name__ == "__main__":
    sys.exit(main(options(sys.argv[1:])))
