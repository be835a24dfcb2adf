"""How fast a party speaks."""
