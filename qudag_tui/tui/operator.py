"""The operator's name in the user's own configuration, whose comments and order are kept."""

from __future__ import annotations

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError

from qudag_tui.plan.user_state import save


def remember_operator(name: str) -> str:
    """Write ``operator = name``; empty, or why it could not be kept, which stops nobody."""
    path = platformdirs.user_config_path("qudag-tui") / "config.toml"
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        document["operator"] = name
        save(path, tomlkit.dumps(document).encode())
    except (OSError, ValueError, TOMLKitError) as error:
        return f"from here on {name}, but that could not be kept in {path}: {error}"
    return ""
