"""Level 3, wrong: a password is stored as it is."""

import tutorial_auth


class NoHash:
    def hash(self, password):
        return password

    def verify(self, password, stored):
        return password == stored


tutorial_auth.pwd_context = NoHash()
app = tutorial_auth.app
