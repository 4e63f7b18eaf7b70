"""The one way from bytes to network input: `decode`, `normalise`, `preprocess`."""
