"""The one form in which two spellings of an account's name or address are equal."""

from email_validator import EmailNotValidError, validate_email

from final.core.fields import casefold


def normalize_identifier(text: str) -> str:
    """Return a name or address as it is compared: in any case, width and script of a domain."""
    folded = casefold(text)
    if "@" not in folded:
        return folded
    try:
        address = validate_email(folded, check_deliverability=False)
    except EmailNotValidError:
        return folded  # nobody has it
    return casefold(address.normalized)
