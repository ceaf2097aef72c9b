"""The four views, and the dialogs above them."""
