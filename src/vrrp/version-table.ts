// Tables of what versions of keepalived do differently: each row a name, the version from which on it is so, and what it was before. Rule: nobody else in this
// folder compares versions.

export interface VersionRow<Value> {
  readonly since: readonly [number, number, number];
  readonly before: Value;
  readonly after: Value;
}

/** What holds in `version` ("2.2.7"; what is missing counts as 0), by name. */
export function inVersion<Behaviour extends object>(
  table: { readonly [Name in keyof Behaviour]: VersionRow<Behaviour[Name]> },
  version: string,
): Behaviour {
  const numbers = version.split(".").map(Number);
  const entries = Object.entries<VersionRow<unknown>>(table).map(([name, { since, before, after }]) => [
    name,
    isSince(numbers, since) ? after : before,
  ]);
  return Object.fromEntries(entries) as Behaviour;
}

function isSince(numbers: readonly number[], since: VersionRow<unknown>["since"]): boolean {
  for (const [place, wanted] of since.entries()) {
    const given = numbers[place] ?? 0;
    if (given !== wanted) return given > wanted;
  }
  return true;
}
