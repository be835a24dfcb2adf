"""Use cases, one module per noun. They take a session and never commit it."""
