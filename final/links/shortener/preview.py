"""The preview of a short link as a page: no script, nothing from elsewhere."""

import asyncio
from base64 import b64encode
from pathlib import Path

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from final.links.addresses.site import Site
from final.links.models import Link
from final.links.schemas import LinkPreview
from final.links.shortener.qr import draw_qr_code

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Vary": "Authorization, Accept",
    "Cache-Control": "no-store",
}


def prefers_html(accept: str) -> bool:
    """Tell whether an `Accept` header would rather have a page than JSON, as browsers would."""
    wishes = {}
    for wish in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in wish.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        wishes[kind] = float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0
    return wishes.get("text/html", 0.0) > wishes.get("application/json", 0.0)


def describe_link(site: Site, link: Link, title: str) -> LinkPreview:
    """Say where a link leads, and for how long."""
    return LinkPreview(
        short_url=site.short_url(link.alias or link.key),
        original_url=link.url,
        title=title,
        created_at=link.created_at,
        expires_at=link.expires_at,
        max_clicks=link.max_clicks,
    )


async def draw_preview(preview: LinkPreview, clicks: int) -> Response:
    """Draw the page."""
    image = await asyncio.to_thread(draw_qr_code, preview.short_url)
    html = TEMPLATES.get_template("preview.html").render(
        preview=preview, clicks=clicks, image=b64encode(image).decode()
    )
    return Response(html, headers=HEADERS, media_type="text/html")
