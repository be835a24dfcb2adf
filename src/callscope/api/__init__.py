"""HTTP routes, wire schemas, bearer authentication and error rendering."""
