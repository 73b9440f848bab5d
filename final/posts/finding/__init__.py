"""What a post is found by."""
