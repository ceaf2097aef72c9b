"""SSH signatures by OpenSSH's own ``ssh-keygen -Y``: made, read, and verified against one allowed signer.

``check-novalidate`` answers 0 for any key and ``find-principals`` says nothing of the signature: neither is asked.
"""

from __future__ import annotations

import base64
import binascii
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.printable import visible
from qudag_tui.run.signers import Signing, SigningError, fingerprint

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG\0\0\0\1"
_MOST_CHARACTERS = 20_000
# Below what a pipe holds, so that nothing waits for a reader.
_MOST_BYTES = 60_000
_VERIFY_SECONDS = 10.0
# A passphrase may be typed, or a security key touched.
_SIGN_SECONDS = 180.0
_LINE = 70
# How ssh-keygen says that a good signature is not one of these bytes.
_OF_ANOTHER_TEXT = "incorrect signature"
_WHOLE = "paste the line that approve printed, the whole of it"


@lean_dataclass(frozen=True, slots=True)
class Signature:
    """A signature, not verified: its base64, and the fingerprint and the namespace that it claims."""

    text: str
    key: str
    namespace: str


def read_signature(text: str) -> Signature:
    """A signature as one line of base64, or as ssh-keygen writes it. Raises :class:`SigningError`."""
    if len(text) > _MOST_CHARACTERS:
        raise SigningError("this is no signature: it is too long")
    body = "".join(text.replace(_BEGIN, "").replace(_END, "").split())
    try:
        blob = base64.b64decode(body, validate=True)
        key, rest = _chunk(blob.removeprefix(_MAGIC))
        namespace, _ = _chunk(rest)
    except (ValueError, binascii.Error) as error:
        raise SigningError("this is no SSH signature, or it was damaged on its way", hint=_WHOLE) from error
    if not blob.startswith(_MAGIC):
        raise SigningError("this is no SSH signature", hint=_WHOLE)
    return Signature(body, fingerprint(key), namespace.decode("ascii", "replace"))


def _chunk(data: bytes) -> tuple[bytes, bytes]:
    """The first string of SSH's encoding (four bytes of length, big endian, before it), and what follows."""
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length or len(data) < 4:
        raise ValueError("cut short")
    return data[4 : 4 + length], data[4 + length :]


def sign(payload: str, namespace: str, key: Path) -> Signature:
    """Sign the very bytes of ``payload``; the passphrase is asked for on the terminal. Raises :class:`SigningError`."""
    command = [_program(), "-Y", "sign", "-n", namespace, "-f", str(key)]
    try:
        done = subprocess.run(
            command, input=payload.encode("ascii"), capture_output=True, check=False, timeout=_SIGN_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SigningError(f"ssh-keygen did not sign ({_why(error)})", where=key) from error
    if done.returncode != 0:
        raise SigningError(f"ssh-keygen did not sign: {_last_line(done.stderr)}", where=key)
    return read_signature(done.stdout.decode("ascii", "replace"))


def verify(
    signing: Signing, payload: str, signature: Signature, *, namespace: str, principal: str, at: datetime | None = None
) -> str:
    """Why ``signature`` is not that of ``principal`` over ``payload``; "" if it is.

    The lines of that principal's key alone are what ssh-keygen sees; its validity is judged at ``at`` (None: now).
    Raises :class:`SigningError` where nothing can be verified.
    """
    lines = [s.text for s in signing.signers if s.key == signature.key and principal in s.principals]
    allowed = "".join(f"{line}\n" for line in lines).encode()
    if not lines or len(allowed) > _MOST_BYTES or not payload.isascii():
        return f"{principal} is no allowed signer with the key {signature.key}"
    rows = [signature.text[n : n + _LINE] for n in range(0, len(signature.text), _LINE)]
    armoured = "\n".join([_BEGIN, *rows, _END, ""]).encode()
    command = [_program(), "-Y", "verify", "-n", namespace, "-I", principal]
    if signing.revoked is not None:
        command += ["-r", str(signing.revoked)]
    if at is not None:
        command.append(f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%S}")
    # No file is written: that a disk is full must not keep a rollback from being approved.
    with ExitStack() as pipes:
        files = [pipes.enter_context(_pipe(data)) for data in (allowed, armoured)]
        try:
            done = subprocess.run(
                [*command, "-f", f"/dev/fd/{files[0]}", "-s", f"/dev/fd/{files[1]}"],
                input=payload.encode("ascii"),
                capture_output=True,
                check=False,
                pass_fds=files,
                timeout=_VERIFY_SECONDS,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC0"},
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise SigningError(f"ssh-keygen did not verify the signature ({_why(error)})") from error
    if done.returncode == 0:
        return ""
    # Of a revoked key it says nothing but that it could not be verified.
    is_silent = signing.revoked is not None and not done.stderr.strip()
    why = f"its key is revoked by {signing.revoked}" if is_silent else _last_line(done.stderr or done.stdout)
    if _OF_ANOTHER_TEXT in why:
        why = "it signs another text: an earlier request, or this one as it was altered on its way"
    return f"the signature is not good: {why}"


@contextmanager
def _pipe(data: bytes) -> Iterator[int]:
    read_end, write_end = os.pipe()
    try:
        with os.fdopen(write_end, "wb") as file:
            file.write(data)
        yield read_end
    finally:
        os.close(read_end)


def _program() -> str:
    # Never one that lies about in the folder where somebody happens to work.
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(place).is_absolute()]
    found = shutil.which("ssh-keygen", path=os.pathsep.join(places))
    if found is None:
        raise SigningError("there is no ssh-keygen on this machine", hint="install openssh-client")
    return found


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer within {error.timeout:.0f} s"
    return getattr(error, "strerror", None) or str(error)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return visible(lines[-1])[:300] if lines else "it did not say why"
