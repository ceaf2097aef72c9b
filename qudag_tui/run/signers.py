"""Whose signatures count: the user's own configuration, never anything in a project or a run.

It stands in ``config.toml`` and in OpenSSH's own files beside it::

    [signing]
    key = "~/.ssh/id_ed25519.pub"                # your own: it approves of nothing that you ask for
    allowed_signers = "~/team/allowed_signers"   # without it: allowed_signers beside config.toml
    revoked = "~/team/revoked_keys"              # without it: revoked_keys beside config.toml, if it is there

    [signing.roles]
    rollback = ["bo@example.org"]                # who may approve it; without it: every allowed signer
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from qudag_tui.core.approval import NAMESPACE, is_same_person
from qudag_tui.core.checklist import Plan
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.procedure import Procedure
from qudag_tui.plan.ownership import others_can_write
from qudag_tui.run.error import RunRefused

_MOST_BYTES = 1 << 20
_MOST_LINE = 16_000
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_KEY_TYPE = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+")
_NAMESPACES = re.compile(r'(?:^|,)namespaces="([^"]*)"', re.IGNORECASE)
_KEYS = ("allowed_signers", "key", "revoked")


class SigningError(RunRefused):
    """Signatures cannot be made or believed, and why."""


@lean_dataclass(frozen=True, slots=True)
class Signer:
    """One line of the allowed signers; ``key`` is its fingerprint, ``text`` the line as OpenSSH reads it."""

    principals: tuple[str, ...]
    key: str
    text: str
    may_approve: bool


@dataclass(frozen=True)
class Signing:
    """What the configuration says; ``own`` is the fingerprint of one's own key, "" where none is named."""

    path: Path
    allowed_signers: Path
    signers: tuple[Signer, ...] = ()
    revoked: Path | None = None
    key: Path | None = None
    own: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def principals(self) -> Mapping[str, tuple[str, ...]]:
        """The principals of every key, by its fingerprint."""
        found: dict[str, tuple[str, ...]] = {}
        for signer in self.signers:
            found[signer.key] = (*found.get(signer.key, ()), *signer.principals)
        return found

    def own_keys(self, by: str) -> tuple[str, ...]:
        """The fingerprints of the keys of the operator ``by``: those under that name, and the one named as one's own."""
        named = {s.key for s in self.signers if any(is_same_person(principal, by) for principal in s.principals)}
        return tuple(sorted(named | {self.own} if self.own else named))

    def may_approve(self, principal: str, procedure: str) -> bool:
        """Whether the role called like the procedure, if there is one, lists ``principal``."""
        role = self.roles.get(procedure)
        return role is None or principal in role

    def others(self, by: str, procedure: str) -> dict[str, str]:
        """Who may approve of what ``by`` asks for: the first principal of each key that is not their own."""
        own = self.own_keys(by)
        found: dict[str, str] = {}
        for signer in self.signers:
            able = [p for p in signer.principals if self.may_approve(p, procedure) and not is_same_person(p, by)]
            if signer.may_approve and signer.key not in own and able:
                found.setdefault(signer.key, able[0])
        return found


def fingerprint(blob: bytes) -> str:
    """A public key's fingerprint as OpenSSH shows it: ``SHA256:…``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def load_signing(allowed_signers: Path | None = None) -> Signing:
    """The configuration of this login; ``allowed_signers`` is read in the place of what it names.

    Nothing of it needs to be there: then nobody can approve. Raises :class:`SigningError` for what is wrong in it, and
    for a file that somebody else can write.
    """
    import platformdirs  # only where somebody has to approve

    path = platformdirs.user_config_path("qudag-tui") / "config.toml"
    said = _signing_table(path)
    named = said.get("allowed_signers")
    signers_path = allowed_signers or (_path(named, path) if named else path.parent / "allowed_signers")
    text = _read(signers_path, is_needed=bool(allowed_signers or named))
    signers = tuple(_signers(text, signers_path)) if text is not None else ()
    key = _path(said["key"], path) if "key" in said else None
    revoked = _path(said["revoked"], path) if "revoked" in said else path.parent / "revoked_keys"
    has_revoked = _read(revoked, is_needed="revoked" in said) is not None
    return Signing(
        path,
        signers_path,
        signers,
        revoked if has_revoked else None,
        key,
        _fingerprint_of(key) if key is not None else "",
        # Other signers than the configured ones are for verifying only: they have no roles here.
        {} if allowed_signers else _roles(said.get("roles", {}), path, signers),
    )


def require_approvers(plan: Plan, by: str) -> None:
    """Return if every procedure of ``plan`` finds as many people as it asks for beside ``by``.

    Raises :class:`SigningError` that says what to configure.
    """
    asking = [procedure for procedure in plan.procedures.values() if procedure.approvals > 1]
    if not asking:
        return
    signing = load_signing()
    for procedure in asking:
        require_people(signing, procedure, by)


def require_people(signing: Signing, procedure: Procedure, by: str) -> None:
    """The same of one procedure, by what is configured. Raises :class:`SigningError`."""
    asks = f"“{procedure.id}” asks for {procedure.approvals} people"
    others = len(signing.others(by, procedure.id))
    if others < procedure.approvals - 1:
        keys = "no other person's key is" if not others else f"keys of only {others} others are"
        hint = "add a line for each colleague: bo@example.org ssh-ed25519 AAAA…"
        raise SigningError(f"{asks}, and {keys} configured", where=signing.allowed_signers, hint=hint)
    if not signing.own_keys(by):
        hint = 'name your own: [signing] key = "~/.ssh/id_ed25519.pub"'
        raise SigningError(f"{asks}, and nobody can tell {by}'s key from others'", where=signing.path, hint=hint)


# Reading


def _signing_table(path: Path) -> dict[str, Any]:
    text = _read(path, is_needed=False, is_guarded=False)
    try:
        said = tomllib.loads(text or "").get("signing", {})
    except (ValueError, RecursionError) as error:
        raise SigningError(f"cannot be read ({error})", where=path, hint="mend it, or move it away") from error
    if not isinstance(said, dict):
        raise SigningError("signing is no table", where=path, hint="write [signing]")
    if said:
        _require_own(path)
    for key, value in said.items():
        if key in _KEYS and not (isinstance(value, str) and value.strip()):
            raise SigningError(f"signing.{key} is the path of a file", where=path)
        if key not in {*_KEYS, "roles"}:
            known = ", ".join((*_KEYS, "roles"))
            raise SigningError(f"“{key}” is not a key of [signing]", where=path, hint=f"allowed are {known}")
    return said


def _roles(said: Any, path: Path, signers: tuple[Signer, ...]) -> dict[str, tuple[str, ...]]:
    if not isinstance(said, dict):
        raise SigningError("signing.roles is no table", where=path, hint='write rollback = ["bo@example.org"]')
    known = {principal for signer in signers for principal in signer.principals}
    for role, principals in said.items():
        if not isinstance(principals, list) or not all(isinstance(principal, str) for principal in principals):
            raise SigningError(f"signing.roles.{role} is a list of principals", where=path)
        for principal in principals:
            _refuse_pattern(principal, f"{path}: signing.roles.{role}")
            if principal not in known:
                why = f"signing.roles.{role} names “{principal}”, who is not among the allowed signers"
                raise SigningError(why, where=path)
    return {role: tuple(principals) for role, principals in said.items()}


def _refuse_pattern(principal: str, where: str) -> None:
    if not principal.strip() or any(character in principal for character in "*?!"):
        why = f"“{principal}” is a pattern, and a signature is one person's"
        raise SigningError(why, where=where, hint="name each principal in full")


def _signers(text: str, path: Path) -> list[Signer]:
    signers = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            signers.append(_signer(stripped, f"{path}:{number}"))
    return signers


def _signer(line: str, where: str) -> Signer:
    words = _WORD.findall(line)
    at = next((n for n, word in enumerate(words) if n and _KEY_TYPE.fullmatch(word)), 0)
    if len(line) > _MOST_LINE or at not in {1, 2} or len(words) < at + 2:
        why = "this is no line of allowed signers"
        raise SigningError(why, where=where, hint="write: bo@example.org ssh-ed25519 AAAA…")
    options = words[1] if at == 2 else ""
    principals = tuple(words[0].strip('"').split(","))
    for principal in principals:
        _refuse_pattern(principal, where)
    if "cert-authority" in options.lower():
        raise SigningError("certificate authorities are not supported", where=where, hint="list each person's key")
    spaces = _NAMESPACES.search(options)
    able = spaces is None or any(fnmatchcase(NAMESPACE, space) for space in spaces[1].split(","))
    return Signer(principals, fingerprint(_blob(words[at + 1], where)), line, able)


def _blob(word: str, where: Path | str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SigningError("the key is damaged", where=where, hint="copy the whole line of the .pub file") from error


def _fingerprint_of(path: Path) -> str:
    """Of a public key's file; of a private key's, by the public one beside it."""
    for candidate in (path, path.parent / f"{path.name}.pub"):
        words = (_read(candidate, is_needed=candidate == path) or "").split()
        if len(words) >= 2 and _KEY_TYPE.fullmatch(words[0]):
            return fingerprint(_blob(words[1], candidate))
    raise SigningError("this is no public key", where=path, hint="name the .pub file as key under [signing]")


def _path(named: str, config: Path) -> Path:
    if "\0" in named:
        raise SigningError("a path under [signing] has a NUL in it", where=config, hint="write the path of a file")
    return config.parent / os.path.expanduser(named)  # noqa: PTH111 - pathlib's raises where nobody has such a home


def _read(path: Path, *, is_needed: bool, is_guarded: bool = True) -> str | None:
    """The text of a file that nobody else can write; None where it is not there and not needed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError) as error:
        if is_needed:
            raise SigningError("there is no such file", where=path, hint="config.toml names it") from error
        return None
    except OSError as error:
        raise SigningError(f"cannot be read ({error.strerror})", where=path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SigningError("is no regular file", where=path)
    with os.fdopen(descriptor, "rb") as file:
        if is_guarded:
            _require_own(path)
        try:
            data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise SigningError(f"cannot be read ({error.strerror})", where=path) from error
    if len(data) > _MOST_BYTES:
        raise SigningError(f"is larger than {_MOST_BYTES >> 20} MiB", where=path)
    return data.decode("utf-8", "replace")


def _require_own(path: Path) -> None:
    why = others_can_write(path.resolve()) or others_can_write(path.parent.resolve())
    if why:
        raise SigningError(f"{why}: whoever can write it says whose signatures count", where=path)
