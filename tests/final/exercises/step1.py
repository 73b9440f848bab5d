"""Step 1: posts may have a subtitle, and the schema alone decides which."""

import pytest
from pydantic import ValidationError

from final.posts.schemas import PostCreate, PostReplace
from tests.support.posts import POST


def test_a_subtitle_is_one_line_trimmed() -> None:
    for schema in (PostCreate, PostReplace):
        post = schema.model_validate(POST | {"subtitle": "  By A. A. L. "})
        assert post.model_dump()["subtitle"] == "By A. A. L."


def test_it_may_be_left_out() -> None:
    assert PostCreate.model_validate(POST).model_dump()["subtitle"] is None


@pytest.mark.parametrize("subtitle", ["two\nlines", "x" * 201, 7])
def test_what_is_no_subtitle_is_refused(subtitle: object) -> None:
    with pytest.raises(ValidationError, match="subtitle"):
        PostCreate.model_validate(POST | {"subtitle": subtitle})
