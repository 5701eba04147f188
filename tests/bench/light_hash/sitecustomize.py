"""Put first on a server's path, makes every password hash cost next to nothing: 8 KiB, one pass.

It shows what a sign-in costs beside the hash. The hash is measured alone in the same run.
"""

import argon2

full_cost = argon2.PasswordHasher.__init__


def light_cost(hasher, *_asked_for, **_named):
    full_cost(hasher, time_cost=1, memory_cost=8, parallelism=1)


argon2.PasswordHasher.__init__ = light_cost
