"""The reference: a bare Textual program with a stock Tree of 100 nodes."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Tree


class Bare(App[None]):
    """Nothing but a tree."""

    def compose(self) -> ComposeResult:
        """One root and a hundred leaves."""
        tree: Tree[None] = Tree("bare reference")
        tree.root.expand()
        for number in range(100):
            tree.root.add_leaf(f"leaf {number} of the reference")
        yield tree


if __name__ == "__main__":
    Bare().run()
