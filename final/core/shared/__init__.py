"""What workers share, in process or through Redis."""
