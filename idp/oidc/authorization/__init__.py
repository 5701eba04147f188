"""What is asked at the authorization endpoint, and what goes back."""
