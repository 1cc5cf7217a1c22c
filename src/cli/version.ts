// hapair's version, alone in its file so that saying it loads nothing else.

declare const __HAPAIR_VERSION__: string | undefined;

/** The version in package.json, put in by the build. */
export const hapairVersion: string =
  typeof __HAPAIR_VERSION__ === "string" ? __HAPAIR_VERSION__ : "development";
