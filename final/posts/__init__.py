"""Posts: articles with drafts, tags, search, images, export and live announcements."""
