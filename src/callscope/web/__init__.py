"""Pages: views, templates and static files behind a cookie session."""
