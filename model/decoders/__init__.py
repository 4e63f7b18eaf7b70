"""Decoders: one module per family of transfer syntaxes, and one for PNG and JPEG files."""
