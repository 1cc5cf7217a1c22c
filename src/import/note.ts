// What an import has to say: where pair.yaml differs from the files it was made of, and what the user must know or do. Values only.
// Rule: every difference between the files and what pair.yaml will render has a note; a password is in none of them.

import { sentenceList } from "../base/index.ts";
import type { Span } from "../diagnostics/index.ts";

export type ImportNoteKind =
  /** pair.yaml is not complete: something that the user must write. */
  | "missing"
  /** The files ask for something that they do not get. */
  | "does-not-do-what-it-seems"
  /** The files have it, and pair.yaml has no word for it: it will be gone. */
  | "cannot-express"
  /** The rendered files do it in another way. */
  | "changed"
  /** Where a secret's value stands. */
  | "secret"
  /** The files do not say it, or do not agree: what was taken. */
  | "assumed";

/** A place in pair.yaml: keys from the top. */
export type PairPath = readonly string[];

export interface ImportNote {
  readonly kind: ImportNoteKind;
  /** One or two sentences, with the node and the value in it. */
  readonly message: string;
  /** The node's name in pair.yaml that the place is in; absent: it is about the pair. */
  readonly node?: string;
  /** The nodes it holds for. Absent: that node; without one, every node. */
  readonly nodes?: readonly string[];
  /** An offset into that node's files laid end to end (ConfigFiles). */
  readonly span?: Span;
  /** The key of pair.yaml it belongs to; absent: the file as a whole. */
  readonly at?: PairPath;
  /** keepalived's keywords whose value or presence differs because of it in those nodes' files. */
  readonly keywords: readonly string[];
  /** The router (as pair.yaml calls it) whose keywords they are; absent: of any block. */
  readonly router?: string;
}

/** Gathers notes; the same sentence about several nodes becomes one. */
export interface NoteList {
  readonly add: (note: Omit<ImportNote, "keywords"> & { readonly keywords?: readonly string[] }) => void;
  readonly notes: () => readonly ImportNote[];
}

export function noteList(): NoteList {
  const notes = new Map<string, ImportNote>();
  return {
    add: (given) => {
      const note: ImportNote = { keywords: [], ...given };
      const key = `${note.kind} ${note.message}`;
      const there = notes.get(key);
      notes.set(key, there === undefined ? note : joined(there, note));
    },
    notes: () => [...notes.values()],
  };
}

/** One note for two of the same words: it holds for the nodes of both. */
function joined(first: ImportNote, second: ImportNote): ImportNote {
  const nodesOf = ({ node, nodes }: ImportNote): readonly string[] | undefined =>
    nodes ?? (node === undefined ? undefined : [node]);
  const nodes = nodesOf(first);
  const further = nodesOf(second);
  return {
    ...first,
    ...(nodes === undefined || further === undefined ? {} : { nodes: [...new Set([...nodes, ...further])] }),
    keywords: [...new Set([...first.keywords, ...second.keywords])],
  };
}

/** One thing said of one node. */
export interface NodeRemark {
  readonly node: string;
  readonly text: string;
  readonly span?: Span;
}

/** Remarks with equal texts as one: the names of their nodes as a list, and the place of the first. */
export function byText(remarks: readonly NodeRemark[]): {
  readonly names: string;
  readonly nodes: readonly string[];
  readonly text: string;
  readonly first: NodeRemark;
}[] {
  const groups = new Map<string, NodeRemark[]>();
  for (const remark of remarks) groups.set(remark.text, [...(groups.get(remark.text) ?? []), remark]);
  return [...groups].flatMap(([text, group]) => {
    const [first] = group;
    const nodes = [...new Set(group.map((remark) => remark.node))];
    return first === undefined ? [] : [{ names: sentenceList(nodes), nodes, text, first }];
  });
}
