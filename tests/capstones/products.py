"""How the guests of each product get in."""

from tests.capstones.guest import Product
from tests.course.roadmap import roadmap_of

PRODUCTS = {
    "userhub": Product(
        roadmap_of("userhub"),
        register_path="/api/auth/register",
        log_in_path="/api/auth/login",
        register_item="1.2",
        log_in_item="2.1",
        admin_item="4.1",
        form=False,
    ),
    "posts": Product(
        roadmap_of("posts"),
        register_path="/users",
        log_in_path="/auth/token",
        register_item="1.5",
        log_in_item="3.1",
        admin_item="3.4",
        versioned=True,
    ),
    "booktracker": Product(
        roadmap_of("booktracker"),
        register_path="/auth/register",
        log_in_path="/auth/token",
        register_item="1.1",
        log_in_item="1.2",
        admin_item="2.1",
    ),
    "shortener": Product(
        roadmap_of("shortener"),
        register_path="/auth/register",
        log_in_path="/auth/token",
        register_item="1.1",
        log_in_item="1.2",
        admin_item="",
    ),
}
