"""The reference for keys: a stock Tree that holds what our own tree holds."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from qudag_tui.plan import read_plan
from tests.bench.scene import SHIPPED


class Nested(App[None]):
    """The shipped checklists, all open."""

    def compose(self) -> ComposeResult:
        """Checklists, sections, items."""
        tree: Tree[None] = Tree("stock reference")
        tree.root.expand()
        for checklist in read_plan(SHIPPED).checklists:
            top = tree.root.add(checklist.title, expand=True)
            for section in checklist.sections:
                below = top.add(section.title, expand=True)
                nodes: dict[str, TreeNode[None]] = {}
                for item in section.items:
                    above = nodes[item.parent] if item.parent else below
                    nodes[item.id] = above.add(item.text, expand=True)
        yield tree


if __name__ == "__main__":
    Nested().run()
