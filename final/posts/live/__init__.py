"""What is announced while it happens."""
