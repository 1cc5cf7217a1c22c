// How findings are written: for a person, for programs, for a code host, for a test report.
export { renderGithub } from "./github.ts";
export { renderJson } from "./json.ts";
export { renderJunit } from "./junit.ts";
export type { LintReport } from "./reported.ts";
export { renderSarif } from "./sarif.ts";
export { renderText } from "./text.ts";
