"""The desk: a small page inside the company's network for what must not be in the cloud."""
