"""Chips of cards and passports: who signed their data (passive authentication, ICAO Doc 9303 part 11 §5.1).

It shows that a state signed the data. It shows neither that the chip is no copy, nor who holds it.
"""
