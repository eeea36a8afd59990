"""A bar chart as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

WIDTH, BAR, GAP, LABEL = 720, 26, 12, 230


def chart(title: str, bars: Mapping[str, float]) -> str:
    """One bar a name, the shortest first."""
    longest = max(bars.values(), default=0.0) or 1.0
    height = 44 + len(bars) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(sorted(bars.items(), key=lambda item: item[1])):
        top = 40 + number * (BAR + GAP)
        length = (WIDTH - LABEL - 90) * value / longest
        parts += [
            f'<text x="{LABEL - 10}" y="{top + 18}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LABEL}" y="{top}" width="{length:.1f}" height="{BAR}" fill="rgb(13 107 97)"/>',
            f'<text x="{LABEL + length + 8:.1f}" y="{top + 18}">{value:.1f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
