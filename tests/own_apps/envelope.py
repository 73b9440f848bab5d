"""Level 1, wrong: the list comes in an envelope."""

from first_steps import app as inner
from first_steps import create_link, fake_db, root
from fastapi import FastAPI

assert inner
app = FastAPI()
app.get("/")(root)
app.post("/links")(create_link)


@app.get("/links")
def read_links():
    return {"links": fake_db}
