"""Every act that is asked before it is done, by its name in the keymap and in the palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from qudag_tui.tui.acts import arm, baseline, box, start, step, trust, whole

if TYPE_CHECKING:
    from qudag_tui.tui.app import QudagApp


def _adopt(app: QudagApp) -> None:
    from qudag_tui.tui.acts.adopt import adopt  # compares texts, which nobody needs to tick a box

    adopt(app)


def _removed(app: QudagApp) -> None:
    from qudag_tui.tui.acts.adopt import removed

    removed(app)


ACTS: Mapping[str, Callable[[QudagApp], None]] = {
    "tick": box.tick,
    "not_applicable": box.not_applicable,
    "defer": box.defer,
    "override": box.override,
    "comment": box.comment,
    "details": box.details,
    "decide": box.decide,
    "sign": box.sign,
    "execute": box.execute,
    "undo": box.undo,
    "mark": step.mark,
    "mark_as": step.mark_as,
    "abort": step.abort,
    "approve": step.approve,
    "arm": arm.arm,
    "stop_countdown": arm.stop_countdown,
    "retry": step.retry,
    "skip": step.skip,
    "resume": step.resume,
    "confirm_here": step.confirm_here,
    "baseline": baseline.baseline,
    "start_rollback": start.start_rollback,
    "undo_execution": start.undo_execution,
    "procedures": start.procedures,
    "preview": start.preview,
    "operator": whole.operator,
    "copy": whole.copy,
    "help": whole.help,
    "quit": whole.quit,
    "adopt": _adopt,
    "removed": _removed,
    "close_run": whole.close_run,
    "supervise": whole.supervise,
    "unprotected": whole.unprotected,
    "review_trust": trust.review,
    "revoke_trust": trust.revoke,
    "list_trusted": trust.list_trusted,
}
