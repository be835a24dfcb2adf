"""What was said, as text."""
