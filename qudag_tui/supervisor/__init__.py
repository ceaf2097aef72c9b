"""The run's one background process: it samples, judges and executes."""
