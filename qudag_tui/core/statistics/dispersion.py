"""Whether counted events come alone or in bursts."""

from __future__ import annotations

from collections.abc import Sequence


def dispersion(bins: Sequence[tuple[float, float]]) -> float:
    """Pearson's dispersion φ = Σ (eᵢ − nᵢp)² / (nᵢp(1 − p)) / (k − 1) of ``bins`` of (events, total), p = Σe/Σn.

    (McCullagh and Nelder, Generalized Linear Models, 4.5.) About 1 for independent events, about b for events that
    come b at a time. 1 where it says nothing: fewer than two events (or than two of what is not one), or than two
    bins with a total.
    """
    used = [(events, total) for events, total in bins if total > 0]
    whole = sum(total for _, total in used)
    if len(used) < 2 or whole <= 0:
        return 1.0
    counted = sum(events for events, _ in used)
    if not 2.0 <= counted <= whole - 2.0:
        return 1.0
    share = counted / whole
    # A minute with next to nothing in it may have a variance below what doubles tell from 0.
    expected = [(events - total * share, total * share * (1.0 - share)) for events, total in used]
    square = sum(apart**2 / variance for apart, variance in expected if variance > 0)
    return square / (len(used) - 1)
