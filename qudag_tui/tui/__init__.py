"""The screen: it shows the run, and executes nothing."""
