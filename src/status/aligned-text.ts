// Rows of cells as aligned lines: every column as wide as its widest cell, two blanks between. Pure.

import stringWidth from "string-width";
import type { Paint } from "../diagnostics/index.ts";

export interface Cell {
  readonly text: string;
  /** How the painted text looks; plain when absent. */
  readonly kind?: Parameters<Paint>[0];
}

const GAP = "  ";

/** One line per row, no blanks at the end; a shorter row ends early. */
export function alignedRows(rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell.text));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const painted = cell.kind === undefined ? cell.text : paint(cell.kind, cell.text);
        const missing = column === row.length - 1 ? 0 : (widths[column] ?? 0) - stringWidth(cell.text);
        return painted + " ".repeat(missing);
      })
      .join(GAP)
      .trimEnd(),
  );
}
