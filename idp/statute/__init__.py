"""The law as data: who may hold which account, deadlines, locks, retention, working days, provinces, numbers.

The ``.toml`` files are to be read and corrected by people; every decision taken from them cites its article.
``[?]`` and ``uncertain`` in a data file mark what no primary text has confirmed yet.
"""
