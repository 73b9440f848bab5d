"""The one form in which two spellings of an account's name or address are equal."""

from email_validator import EmailNotValidError, validate_email

from final.core.fields import casefold


def normalize_identifier(text: str) -> str:
    """Return a name or address in the form that accounts are found by.

    Case and width do not matter, nor whether a domain is written in its own letters or in ASCII.
    """
    folded = casefold(text)
    if "@" not in folded:
        return folded
    try:
        address = validate_email(folded, check_deliverability=False)
    except EmailNotValidError:
        return folded  # nobody has it
    return casefold(address.normalized)
