"""The letter that greets a new account."""

from final.core.observability.logs import get_logger

logger = get_logger(__name__)


async def send_welcome(user_id: int) -> None:
    """Write down that a welcome e-mail is due; a mail service would be called right here."""
    logger.info("welcome e-mail sent", user_id=user_id)
