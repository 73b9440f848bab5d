"""QR codes."""

from io import BytesIO

import qrcode


def draw_qr_code(text: str) -> bytes:
    """Return a PNG image that reads as the text."""
    image = BytesIO()
    qrcode.make(text).save(image, "PNG")
    return image.getvalue()
