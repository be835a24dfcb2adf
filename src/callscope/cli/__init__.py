"""Commands, one file each; heavy imports stand inside commands."""
