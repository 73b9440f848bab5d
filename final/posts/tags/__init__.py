"""Tags of posts: words that group them."""
