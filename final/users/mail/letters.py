"""What letters and pages say: templates, the letters each as text and as HTML."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
SUBJECTS = {
    "welcome": "Welcome to LinkHub",
    "reset": "Another password for LinkHub",
    "verify": "Is this your e-mail address?",
}


def write_letter(kind: str, username: str, link: str, minutes: int) -> tuple[str, str, str]:
    """Return the subject of a letter, its text and its HTML."""
    values = {"subject": SUBJECTS[kind], "username": username, "link": link, "minutes": minutes}
    text, html = (TEMPLATES.get_template(f"{kind}.{form}") for form in ("txt", "html"))
    return SUBJECTS[kind], text.render(values), html.render(values)


def draw_page(name: str, **values: object) -> str:
    """Return a page for whoever follows the link of a letter."""
    return TEMPLATES.get_template(f"{name}_page.html").render(values)
