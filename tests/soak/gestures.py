# SPDX-License-Identifier: MIT
"""All gestures: importing this fills table.ROWS."""

from soak import g_colleague, g_common, g_look, g_move, g_refused, g_remap, g_weight  # noqa: F401
