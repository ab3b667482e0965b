"""The application: command line, configuration, wiring, daemon loop."""
