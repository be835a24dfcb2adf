"""What templates are given: small dataclasses made of core types, with every word and number ready to show."""
