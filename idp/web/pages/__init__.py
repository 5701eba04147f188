"""What people's browsers visit: plain forms that work without JavaScript."""
