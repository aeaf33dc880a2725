"""Figures beside their limits, as a small table."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Figures:
    """What a run measured. A figure without a limit is for information."""

    title: str
    rows: list[tuple[str, float, float | None, str]] = field(default_factory=list)

    def add(self, name: str, value: float, at_most: float | None = None, unit: str = "") -> None:
        """Adds one figure and, where one is promised, its limit."""
        self.rows.append((name, value, at_most, unit))

    def broken(self) -> list[str]:
        """The figures that are over their limit."""
        return [
            f"{name}: {value:g} {unit} is over {limit:g}"
            for name, value, limit, unit in self.rows
            if limit is not None and value > limit
        ]

    def __str__(self) -> str:
        width = max(len(name) for name, *_ in self.rows)
        lines = [self.title, "-" * len(self.title)]
        for name, value, limit, unit in self.rows:
            promised = "" if limit is None else f"   at most {limit:g}{'' if value <= limit else '   BROKEN'}"
            lines.append(f"{name:<{width}}  {value:>10.6g} {unit:<3}{promised}".rstrip())
        return "\n".join(lines)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 when there is none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0
