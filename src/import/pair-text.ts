// pair.yaml as text: settings in the order they are given, each under its comments, small maps on one line.

import { Document, isMap, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { wrapped } from "../diagnostics/index.ts";

/** A key of pair.yaml with its value and the comments above it. */
export interface Setting {
  readonly key: string;
  readonly value: string | number | readonly string[] | readonly Setting[];
  /** One paragraph each. */
  readonly comments?: readonly string[];
  /** Its keys stand below each other, however few they are. */
  readonly spread?: boolean;
}

/** A map under the key; nothing where the map would be empty. */
export function mapSetting(key: string, settings: readonly Setting[]): Setting[] {
  return settings.length === 0 ? [] : [{ key, value: settings }];
}

const COMMENT_COLUMNS = 110;
// A map that is longer stands on several lines.
const FLOW_COLUMNS = 100;

/** The file's text: `header` as comment lines at the top, then the settings. */
export function pairText(header: readonly string[], settings: readonly Setting[]): string {
  const document = new Document();
  document.contents = mapOf(settings, 0, true);
  if (header.length > 0) document.commentBefore = header.map((line) => ` ${line}`.trimEnd()).join("\n");
  return document.toString({ lineWidth: 0 });
}

function mapOf(settings: readonly Setting[], depth: number, spread: boolean): YAMLMap<Scalar> {
  const map = new YAMLMap<Scalar>();
  for (const setting of settings) {
    const key = new Scalar(setting.key);
    const lines = (setting.comments ?? []).flatMap((paragraph) =>
      wrapped(paragraph, COMMENT_COLUMNS - 2 * depth),
    );
    if (lines.length > 0) key.commentBefore = lines.map((line) => ` ${line}`).join("\n");
    map.items.push(new Pair(key, valueOf(setting, depth)));
  }
  map.flow = !spread && settings.length > 0 && fitsOneLine(map);
  return map;
}

function valueOf({ value, spread }: Setting, depth: number): YAMLMap | YAMLSeq | Scalar {
  if (typeof value === "string" || typeof value === "number") return new Scalar(value);
  if (isSettings(value)) return mapOf(value, depth + 1, spread === true);
  const list = new YAMLSeq<Scalar>();
  list.flow = true;
  list.items = value.map((each) => new Scalar(each));
  return list;
}

/** Whether a value is a map and not a list. */
export function isSettings(value: readonly string[] | readonly Setting[]): value is readonly Setting[] {
  return value.every((each) => typeof each !== "string");
}

/** Nothing inside has a comment or stands on several lines, and all of it is short. */
function fitsOneLine(map: YAMLMap<Scalar>): boolean {
  for (const { key, value } of map.items) {
    if (key.commentBefore !== undefined && key.commentBefore !== null) return false;
    if (isMap(value) && value.flow !== true) return false;
  }
  return JSON.stringify(map.toJSON()).length <= FLOW_COLUMNS;
}
