"""Messages to people, and the channels they travel by."""
