"""Where numbers come from: one file a kind of source, one method each."""
