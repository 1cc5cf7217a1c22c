// How the agent speaks to the one who reads its journal.

/** A line for the journal, with sd-daemon(3)'s priority in front. */
export type Say = (priority: "error" | "warning" | "info", line: string) => void;
