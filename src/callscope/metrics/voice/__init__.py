"""What a voice is like: declared, where nothing here can tell."""
