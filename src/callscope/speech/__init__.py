"""Samples to speech: detection, edges, turns. One file per engine, behind Protocols. Pure and synchronous."""
