"""Drive a deployment from a terminal: checklists, gates, decisions and a rollback that survive anything."""

__version__ = "0.1.0"
