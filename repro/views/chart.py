"""A chart whose table grows: drawn so that the browser swaps the table in place."""

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd
import streamlit as st

from repro.charts.style import TABLE, text


def draw_chart(
    table: pd.DataFrame,
    specification: dict[str, Any],
    *,
    key: str,
    alt: str,
    height: int | Literal["stretch", "content"] = "content",
    on_select: Callable[[], None] | None = None,
) -> None:
    """Draws `specification` over `table`, as wide as there is room.

    The table goes by its name: an unnamed one is given to a chart that was drawn empty first, and Vega warns of axes
    without an extent (Streamlit's useVegaEmbed.ts). On a canvas, because Vega's SVG has roles without names; `alt` says
    what the chart shows. The text of Streamlit's own theme has a contrast of less than 4.5.
    """
    colour = text(dark=st.context.theme.type == "dark")
    drawn = {
        "usermeta": {"embedOptions": {"renderer": "canvas"}},
        "datasets": {TABLE.name: table},
        "config": specification.get("config", {})
        | {"axis": {"labelColor": colour, "titleColor": colour}, "legend": {"labelColor": colour}},
    }
    st.vega_lite_chart(
        spec=specification | drawn, width="stretch", height=height, key=key, on_select=on_select or "ignore", alt=alt
    )
