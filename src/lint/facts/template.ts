// Files that are to become a keepalived.conf and are none yet. Rule: what a template leaves out is unknown, not missing.

import type { LintedNode } from "../subject.ts";

// Ansible's, Salt's and Helm's marks; to keepalived they are braces.
const TEMPLATE_MARK = /\{\{-?\s*[\w.$"'|]|\{%-?\s*\w/;

/** Whether a file of the node holds a template's marks, which keepalived reads as blocks. */
export function isTemplate({ configuration, template }: LintedNode): boolean {
  if (template !== undefined) return true;
  return configuration.files.parts.some(({ source }) => TEMPLATE_MARK.test(source.text));
}
