// import: existing files of a pair read as the pair.yaml that means the same. Pure.
export { importDifferences, type ImportDifferences, type ImportedNode } from "./coverage.ts";
export { importPair, type ImportedPair, type ImportOptions } from "./import-pair.ts";
export type { ImportNote, ImportNoteKind, PairPath } from "./note.ts";
export type { ImportNode } from "./subject.ts";
