"""One run on disk: its journal, locks, samples and who is there. RUN.md says how it is kept."""
