// Answers of HAProxy's runtime socket in interactive mode (`prompt`), out of the bytes as they come; no I/O. HAProxy 2.4 to 3.2.
// Rules: an answer ends with the prompt; what is larger than the bound, or comes unasked, is a failure, and then the connection is closed.

/** An answer with more is not read: some 10,000 servers. */
export const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** Sent first. Without it the socket closes after one answer. */
export const PROMPT_COMMAND = "prompt\n";

/** An empty line and the prompt end an answer; no line of an answer begins so. */
const PROMPT = "\n> ";

/** `show info` with every look: a worker that is stopping goes on answering those who stay connected, and stays because of them. */
export const LOOK_COMMAND = "show info;show stat\n";

/** too large: more than the bound; unasked: nothing was expected. */
export type ProtocolFailure = "too large" | "unasked";

/** Says of the text so far, prompts taken out, whether the answer is whole. */
export type Complete = (text: string, prompts: number) => boolean;

/** Answers to one question at a time. */
export interface AnswerReader {
  /** A command was sent. Without `complete` its answer ends at the first prompt. */
  expect(complete?: Complete): void;
  /** Takes text as it came (latin1: a character a byte); gives the whole answer, a failure, or undefined while more has to come. */
  push(text: string): { readonly answer: string } | { readonly failure: ProtocolFailure } | undefined;
}

/** Reads answers; nothing may come unless it was expected. */
export function answerReader(bytesMax: number = ANSWER_BYTES_MAX): AnswerReader {
  let pieces: string[] = [];
  let length = 0;
  /** The last characters so far: the prompt may come in pieces. */
  let tail = "";
  let asked: Complete | undefined;
  return {
    expect(complete = () => true) {
      asked = complete;
      pieces = [];
      length = 0;
      tail = "";
    },
    push(text) {
      if (asked === undefined) return { failure: "unasked" };
      length += text.length;
      if (length > bytesMax) return { failure: "too large" };
      pieces.push(text);
      tail = (tail + text.slice(-PROMPT.length)).slice(-PROMPT.length);
      if (tail !== PROMPT) return undefined;
      // Versions before 3.2 print a prompt after each command of a line, later ones after the last.
      const answers = pieces.join("").split(PROMPT);
      const answer = answers.join("\n");
      if (!asked(answer, answers.length - 1)) return undefined;
      asked = undefined;
      pieces = [];
      return { answer };
    },
  };
}

/** For {@link LOOK_COMMAND}: both parts are there, or both prompts, and then the answer is not what was asked for. */
export function lookIsComplete(text: string, prompts: number): boolean {
  return prompts >= 2 || text.includes("\n# pxname,");
}

export interface WorkerInfo {
  /** Process number of the worker that answers. */
  readonly processId: number;
  /** It serves its last connections and ends. */
  readonly stopping: boolean;
  readonly version: string;
}

/** What `show info` says of the worker; undefined where the text is not its answer. */
export function readWorkerInfo(text: string): WorkerInfo | undefined {
  const processId = Number(lineValue(text, "Pid"));
  if (!Number.isSafeInteger(processId) || processId <= 0) return undefined;
  return { processId, stopping: lineValue(text, "Stopping") === "1", version: lineValue(text, "Version") };
}

function lineValue(text: string, name: string): string {
  const line = `\n${name}: `;
  const at = text.indexOf(line);
  if (at === -1) return "";
  const end = text.indexOf("\n", at + line.length);
  return text.slice(at + line.length, end === -1 ? undefined : end).trim();
}
