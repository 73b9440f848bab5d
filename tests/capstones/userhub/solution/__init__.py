"""UserHub: accounts, sign-in with two tokens, roles."""
