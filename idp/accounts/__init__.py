"""The people: accounts of citizens, foreigners and organisations, from opening to closing."""
