"""Where files are kept: in a folder, or in a bucket that all hosts share."""
