"""How far two transcripts of the same call agree."""
