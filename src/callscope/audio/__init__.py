"""Bytes to samples: probe, streaming decode, channels, levels, waveform peaks. Pure and synchronous."""
