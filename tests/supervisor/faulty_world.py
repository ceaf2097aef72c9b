"""All that a plan of faults asks: servers, a program and a process, which turn bad and well again when told."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.sources.answering import Request, response, serving
from tests.sources.certificates import self_signed
from tests.supervisor.faults import NOBODY, TOKEN, WELL, Fault


class World:
    """Four servers by name: one for most, one that goes away, one whose certificate changes, one that knows its users.

    ``folder`` is the checklist file's.
    """

    def __init__(self, folder: Path, faults: Sequence[Fault]) -> None:
        self.folder = folder
        self.addresses = {"nobody": f"http://{NOBODY}"}
        self._faults = {fault.id: fault for fault in faults}
        self._is_bad = False
        self._gone = AsyncExitStack()
        self._tls = AsyncExitStack()
        self._contexts: list[ssl.SSLContext] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    async def begin(self, stack: AsyncExitStack, configuration: Path) -> None:
        """Start everything, and say in the user's configuration whom to believe and what to log in with."""
        await stack.enter_async_context(self._gone)
        await stack.enter_async_context(self._tls)
        stack.callback(self._end)
        certificates = []
        for name in ("ours", "strange"):
            (self.folder / name).mkdir()
            certificate, context = self_signed(self.folder / name)
            certificates.append(certificate)
            self._contexts.append(context)
        await self._serve(stack, "plain")
        await self._serve(self._gone, "gone")
        await self._serve(self._tls, "tls", self._contexts[0])
        await self._serve(stack, "secure", self._contexts[0])
        self._write(configuration, certificates[0])
        for fault in self._faults.values():
            if fault.kind == "process":
                self._start(fault.id)

    def _write(self, configuration: Path, authority: Path) -> None:
        configuration.parent.mkdir(parents=True)
        believed = (f'[origins."{self.addresses[name]}"]\nca = "{authority}"\n' for name in ("tls", "secure"))
        configuration.write_text(
            f'[credentials.node]\norigin = "{self.addresses["secure"]}"\nbearer = "{TOKEN}"\n' + "".join(believed)
        )
        configuration.chmod(0o600)
        cases = "".join(f"{fault.id}) {fault.script} ;;\n" for fault in self._faults.values() if fault.script)
        (self.folder / "program.sh").write_text(
            f'test -e faulty || {{ echo 1; exit; }}\ncase "$1" in\n{cases}*) echo 1 ;;\nesac\n'
        )

    async def turn_bad(self) -> None:
        """From now on everything is wrong."""
        self._is_bad = True
        (self.folder / "faulty").touch()
        gone = self._processes.pop("process-process-gone")
        gone.kill()
        gone.wait()
        await self._gone.aclose()
        await self._certify(self._contexts[1])

    async def turn_well(self) -> None:
        """Everything is right again; the process and its server are others."""
        self._is_bad = False
        (self.folder / "faulty").unlink()
        self._start("process-process-gone")
        await self._serve(self._gone, "gone")
        await self._certify(self._contexts[0])

    async def _certify(self, context: ssl.SSLContext) -> None:
        await self._tls.aclose()
        await self._serve(self._tls, "tls", context)

    async def _serve(self, stack: AsyncExitStack, name: str, context: ssl.SSLContext | None = None) -> None:
        """At the port where it was before, if it was."""
        port = int(self.addresses[name].rpartition(":")[2]) if name in self.addresses else 0
        server = await stack.enter_async_context(serving(context, port))
        server.will(self._answer_whom_it_knows if name == "secure" else self._answer)
        self.addresses[name] = server.address

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        fault = self._faults[request.line.split()[1].split("/")[1]]
        answering = fault.answering if self._is_bad else None
        await (answering or WELL[fault.kind])(request, writer)

    async def _answer_whom_it_knows(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers.get("authorization") == f"Bearer {TOKEN}":
            await self._answer(request, writer)
        else:
            writer.write(response(b"who are you?\n", 401))

    def _start(self, name: str) -> None:
        process = subprocess.Popen(["sleep", "600"])
        self._processes[name] = process
        (self.folder / f"{name}.pid").write_text(str(process.pid))

    def _end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
