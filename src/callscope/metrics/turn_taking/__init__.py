"""Who holds the floor, who breaks in, who is left without an answer."""
