// Answers of `show ssl cert`: the list of names, and one certificate with its end. HAProxy 2.4 to 3.2. Pure.

import { type FactReport, SUBJECT_LENGTH_MAX } from "../../agent-api/index.ts";
import { evidence } from "./source.ts";

/** Names of the certificates that HAProxy has loaded; `*NAME` are uncommitted changes. */
export function readCertificateNames(text: string, namesMax: number): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("/") || /^[\w@][^\s:]*$/.test(line))
    .filter((line) => line.length <= SUBJECT_LENGTH_MAX)
    .slice(0, namesMax);
}

/** The command that asks for one; on the command line of the runtime socket a backslash protects the next character. */
export function certificateCommand(name: string): string {
  return `show ssl cert ${name.replaceAll(/[\\ \t;"']/g, String.raw`\$&`)}\n`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const END = /^notAfter: +([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4}) GMT\s*$/m;

/** The fact of a certificate in use; undefined where the answer has no end, or nothing uses the certificate. */
export function readCertificate(name: string, text: string): FactReport | undefined {
  const [line, month, day, hour, minute, second, year] = END.exec(text) ?? [];
  if (line === undefined || !/^Status: Used\s*$/m.test(text)) return undefined;
  const monthIndex = MONTHS.indexOf(month ?? "");
  if (monthIndex === -1) return undefined;
  const end = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  return {
    kind: "certificate",
    subject: name,
    value: new Date(end).toISOString(),
    evidence: evidence(line),
  };
}
