"""Files that people take along."""


def attachment(name: str) -> dict[str, str]:
    """Return the header by which a browser keeps what comes, under this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
