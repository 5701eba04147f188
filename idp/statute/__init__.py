"""The law as data: who may hold which account, how old somebody is, provinces and identity numbers.

``[?]`` in a data file marks what no primary text has confirmed yet.
"""
