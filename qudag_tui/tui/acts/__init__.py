"""What the keys ask for: dialogs first, then intents."""
