"""The charts: Altair specifications, pure functions of histories.

A chart's specification depends on the experiment alone, and all that grows is in its table: the browser then swaps
the data in place instead of drawing the chart anew. Nothing here imports Streamlit.

Offers: `curves`, `growth`, `pixels`, `seeds`, `style`.
"""
