# SPDX-License-Identifier: MIT
"""All gestures: importing this fills table.ROWS."""

from soak import (  # noqa: F401
    g_backup,
    g_colleague,
    g_common,
    g_document,
    g_look,
    g_move,
    g_refused,
    g_remove,
    g_remap,
    g_rollback,
    g_weight,
)
