"""What may go wrong with posts in particular."""

from final.core.errors import AppError, NotFound, PermissionDenied


class PostNotFound(NotFound):
    """No such post, or a draft of somebody else."""

    detail = "Post not found"
    description = "There is no such post, or it is somebody else's draft."


class PostMoved(AppError):
    """A slug that the post had before."""

    status = 301
    detail = "The post has another slug now"
    description = "The post has another slug now; `Location` leads there."

    def __init__(self, location: str) -> None:
        """Say where it is."""
        super().__init__()
        self.headers = {"Location": location, "Cache-Control": "no-cache"}


class NotYourPost(PermissionDenied):
    """Somebody else's post."""

    detail = "You may only change your own posts"
    description = "It is somebody else's post."


class NotAnImage(AppError):
    """Bytes that do not decode to a picture of a known kind."""

    status = 415
    detail = "Only PNG, JPEG, WebP and GIF images are accepted"
    description = "The content is no PNG, JPEG, WebP or GIF image, whatever its name says."


class ImageTooLarge(AppError):
    """More bytes or more pixels than a picture may have."""

    status = 413
    detail = "The image is too large"
    description = "The image has more than 5 MB or more than 24 million pixels."
