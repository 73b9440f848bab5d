"""Level 5, wrong: the page is cut before it is searched."""

import everything
from everything import app
from fastapi import Depends

app.router.routes[:] = [r for r in app.router.routes if (r.path, r.methods) != ("/links", {"GET"})]


@app.get("/links")
def index(session: everything.level3.SessionDep, filters: everything.Filters = Depends()):
    query = everything.select(everything.Bookmark).offset(filters.skip).limit(filters.limit)
    found = session.exec(query).all()
    return [b for b in found if not filters.search or filters.search.lower() in b.title.lower()]
