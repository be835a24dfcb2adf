"""The one guarded HTTP client for every URL a user gives us."""
