"""The catalogue: one file per metric under a family folder, found by the registry. Pure and synchronous."""
