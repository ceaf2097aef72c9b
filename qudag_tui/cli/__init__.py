"""The command line: one file a verb; the screen is imported only by the verb that opens it."""
