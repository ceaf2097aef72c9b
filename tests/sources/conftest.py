from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from qudag_tui.sources.network import Network
from tests.sources.answering import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network()
    yield network
    await network.close()
