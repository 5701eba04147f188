"""What is redeemed at the token endpoint."""
