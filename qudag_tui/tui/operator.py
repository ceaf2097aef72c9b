"""The operator's name in the user's own configuration, whose comments and order are kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError


def remember_operator(name: str) -> str:
    """Write ``operator = name``; empty, or why it could not be kept, which stops nobody."""
    folder = platformdirs.user_config_path("qudag-tui")
    path = folder / "config.toml"
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        document["operator"] = name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, passing = tempfile.mkstemp(dir=folder, prefix=".config-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
        Path(passing).replace(path)
    except (OSError, ValueError, TOMLKitError) as error:
        return f"from here on {name}, but that could not be kept in {path}: {error}"
    return ""
