"""People with real SSH keys, and the configuration that says whose signatures count."""

from __future__ import annotations

import subprocess
from pathlib import Path

from qudag_tui.core.approval import NAMESPACE
from tests.e2e.tmux import need


class People:
    """``folder`` is the configuration home (XDG_CONFIG_HOME); keys are made beside it, when somebody is first named."""

    def __init__(self, folder: Path) -> None:
        self.program = need("ssh-keygen")
        self.config = folder / "qudag-tui"
        self.config.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.keys = folder / "keys"
        self.keys.mkdir(mode=0o700, exist_ok=True)

    @property
    def allowed(self) -> Path:
        return self.config / "allowed_signers"

    def key(self, name: str) -> Path:
        """The private key of a person."""
        path = self.keys / name
        if not path.exists():
            self._run("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path))
        return path

    def public(self, name: str) -> str:
        """Their public key, as a line of allowed signers has it."""
        return " ".join((self.key(name).with_suffix(".pub")).read_text().split()[:2])

    def fingerprint(self, name: str) -> str:
        return self._run("-l", "-f", str(self.key(name))).split()[1]

    def allow(self, *names: str, principal: str = "", options: str = "") -> None:
        """Add people to the allowed signers, each under their name at example.org."""
        with self.allowed.open("a") as file:
            for name in names:
                who = principal or f"{name}@example.org"
                file.write(" ".join(part for part in (who, options, self.public(name)) if part) + "\n")

    def me(self, name: str, more: str = "") -> None:
        """Whose configuration it is."""
        (self.config / "config.toml").write_text(f'[signing]\nkey = "{self.key(name)}.pub"\n{more}')

    def revoke(self, name: str) -> None:
        (self.config / "revoked_keys").write_text(self.public(name) + "\n")

    def sign(self, name: str, payload: str, namespace: str = NAMESPACE) -> str:
        """What ``ssh-keygen -Y sign`` says, in its own form."""
        return self._run("-Y", "sign", "-n", namespace, "-f", str(self.key(name)), stdin=payload)

    def _run(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [self.program, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
