"""The ways in which an app under test fails to run: each is one plain sentence."""

from collections.abc import Iterable

from tests.course.places import Place, show


class AppError(Exception):
    """The app under test has failed; the text is a sentence, followed by lines of its code."""

    opening = ""

    def __init__(self, message: str, places: Iterable[Place] = ()) -> None:
        self.message, self.places = self.opening + message, list(places)
        super().__init__(
            "\n".join([self.message, *(f"  {show(place)}" for place in self.places[:4])])
        )


class StartError(AppError):
    """The app cannot be used at all."""


class CrashError(AppError):
    """The app has raised an exception in place of an answer."""

    opening = "the app crashed: "


class HangError(AppError):
    """The app has not answered in time."""

    opening = "the app gives no answer: "


class EndError(AppError):
    """The process of the app has ended."""

    opening = "the app is gone: "
