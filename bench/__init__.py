"""Speed of this project's parts; one module per subject, composed by `bench.run`."""
