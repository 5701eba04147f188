"""What is given: access, refresh and ID tokens, the grant they belong to, and the claims they carry."""
