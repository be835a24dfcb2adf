"""What plug-ins and providers send, mapped to the service's own words. Pure: dictionaries in, dataclasses out."""
