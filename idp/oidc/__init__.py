"""The protocol, whole, without HTTP. Authlib is its engine, overridden where docs/decisions/0001 says."""
