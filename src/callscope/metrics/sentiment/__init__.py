"""How the parties sounded in what they said."""
