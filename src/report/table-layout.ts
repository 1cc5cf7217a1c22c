// Lays a grid of cells (scenario x configuration) out as lines of text, side by side or one block per scenario. Knows nothing of drills.
// Rule: widths are counted on the bare text; colour is put on afterwards.

export type Style = "strong" | "dim" | "good" | "bad" | "plain";

export type Paint = (style: Style, text: string) => string;

export interface Cell {
  readonly text: string;
  readonly style: Style;
}

export interface Column {
  readonly header: string;
  readonly align: "left" | "right";
}

/** Every group (configuration) has the same columns. */
export interface Grid {
  readonly columns: readonly Column[];
  readonly groups: readonly string[];
  readonly rows: readonly GridRow[];
}

export interface GridRow {
  readonly title: string;
  /** By group, then by column. */
  readonly cells: readonly (readonly Cell[])[];
}

const ANSI: Readonly<Record<Style, string>> = { strong: "1", dim: "2", good: "32", bad: "1;31", plain: "" };
const TITLE_WIDTH_MIN = 18;
const TITLE_HEADER = "scenario";
const GROUP_GAP = "   ";
const COLUMN_GAP = " ";

/** Puts ANSI colours on text, or leaves it bare. */
export function painter(colour: boolean): Paint {
  return (style, text) =>
    colour && style !== "plain" && text !== "" ? `\u001B[${ANSI[style]}m${text}\u001B[0m` : text;
}

/** Columns the grid takes side by side with its titles whole. */
export function roomyWidth(grid: Grid): number {
  return titleWidth(grid) + groupsWidth(grid);
}

/** Columns the grid takes side by side at least, long titles wrapped. */
export function tightWidth(grid: Grid): number {
  return Math.min(TITLE_WIDTH_MIN, titleWidth(grid)) + groupsWidth(grid);
}

/** One line per row (more where its title is wrapped), the groups beside each other. `width` at least {@link tightWidth}. */
export function sideBySide(grid: Grid, width: number, paint: Paint): string[] {
  const titleColumns = Math.min(titleWidth(grid), width - groupsWidth(grid));
  const groups = grid.groups.map((name, group) => ({
    name,
    widths: columnWidths(grid, group),
    width: groupWidth(grid, group),
  }));
  const names = ["".padEnd(titleColumns), ...groups.map((group) => group.name.padEnd(group.width))];
  const headers = groups.map((group) => headerLine(grid, group.widths).padEnd(group.width));
  const lines = [
    paint("strong", names.join(GROUP_GAP).trimEnd()),
    paint("dim", [TITLE_HEADER.padEnd(titleColumns), ...headers].join(GROUP_GAP).trimEnd()),
  ];
  for (const row of grid.rows) {
    const [first = "", ...more] = wrap(row.title, titleColumns);
    const painted = groups.map((group, index) =>
      cellLine(grid, row.cells[index] ?? [], group.widths, group.width, paint),
    );
    lines.push([first.padEnd(titleColumns), ...painted].join(GROUP_GAP).trimEnd());
    lines.push(...more);
  }
  return lines;
}

/** A block per row: its title, then a line per group. For narrow terminals and long names. */
export function stacked(grid: Grid, paint: Paint): string[] {
  const nameWidth = Math.max(0, ...grid.groups.map((name) => name.length));
  const widths = grid.columns.map((_column, column) =>
    Math.max(0, ...grid.groups.map((_name, group) => columnWidths(grid, group)[column] ?? 0)),
  );
  const lines = [paint("dim", `  ${" ".repeat(nameWidth)}  ${headerLine(grid, widths)}`.trimEnd())];
  for (const row of grid.rows) {
    lines.push(paint("strong", row.title));
    for (const [group, name] of grid.groups.entries()) {
      lines.push(
        `  ${name.padEnd(nameWidth)}  ${cellLine(grid, row.cells[group] ?? [], widths, 0, paint)}`.trimEnd(),
      );
    }
  }
  return lines;
}

/** The words of `text` in lines of at most `width` columns; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function titleWidth(grid: Grid): number {
  return Math.max(TITLE_HEADER.length, ...grid.rows.map(({ title }) => title.length));
}

function groupsWidth(grid: Grid): number {
  return grid.groups.reduce((sum, _name, group) => sum + GROUP_GAP.length + groupWidth(grid, group), 0);
}

function groupWidth(grid: Grid, group: number): number {
  const widths = columnWidths(grid, group);
  const cells = widths.reduce((sum, width) => sum + width, 0) + COLUMN_GAP.length * (widths.length - 1);
  return Math.max(cells, grid.groups[group]?.length ?? 0);
}

function columnWidths(grid: Grid, group: number): number[] {
  return grid.columns.map(({ header }, column) =>
    Math.max(header.length, ...grid.rows.map((row) => row.cells[group]?.[column]?.text.length ?? 0)),
  );
}

function headerLine(grid: Grid, widths: readonly number[]): string {
  return grid.columns
    .map(({ header, align: side }, column) => align(header, widths[column] ?? 0, side))
    .join(COLUMN_GAP);
}

function cellLine(
  grid: Grid,
  cells: readonly Cell[],
  widths: readonly number[],
  width: number,
  paint: Paint,
): string {
  const bare = grid.columns.map(({ align: side }, column) =>
    align(cells[column]?.text ?? "", widths[column] ?? 0, side),
  );
  const painted = bare.map((text, column) => {
    const cell = cells[column];
    return cell === undefined ? text : text.replace(cell.text, () => paint(cell.style, cell.text));
  });
  return painted.join(COLUMN_GAP) + " ".repeat(Math.max(0, width - bare.join(COLUMN_GAP).length));
}

function align(text: string, width: number, side: "left" | "right"): string {
  return side === "right" ? text.padStart(width) : text.padEnd(width);
}
