"""The pages' routes: parse, read, render."""
