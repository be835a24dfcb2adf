"""What goes over the wire: camelCase by alias."""
