"""Level 3 with pwdlib in place of passlib, everything else as in the tutorial."""

import tutorial_auth
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher

hasher = PasswordHash((BcryptHasher(rounds=4),))
tutorial_auth.pwd_context = hasher
app = tutorial_auth.app
