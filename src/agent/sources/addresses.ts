// Where the virtual addresses are and which interfaces carry: `ip monitor` tells at once, and a look every few seconds mends what it missed.

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { ADDRESS_LINE_MAX_BYTES, addressBook, type AddressLook } from "./address-line.ts";
import { followCommand } from "./followed-command.ts";
import { repeat } from "./repeat.ts";
import type { Note, Report, Source } from "./source.ts";

export interface AddressOptions {
  /** Words of the command that prints changes; empty: looks alone. */
  readonly words: readonly string[];
  /** The pair's virtual addresses. */
  readonly vips: readonly string[];
  /** Interfaces whose carrier counts. */
  readonly interfaces: readonly string[];
  readonly report: Report;
  readonly note?: Note;
}

const LOOK_MS = 5_000;
/** Without the command, looks are all there is. */
const LOOK_ALONE_MS = 500;

/** Reports where the addresses are and what carries, from the start on. */
export function startAddresses(options: AddressOptions): Source {
  const book = addressBook(options.vips, options.interfaces);
  let stopped = false;
  const report: Report = (reports) => {
    if (!stopped && reports.length > 0) options.report(reports);
  };
  const look = repeat(options.words.length === 0 ? LOOK_ALONE_MS : LOOK_MS, () => {
    const carriers = new Map<string, boolean>();
    for (const name of options.interfaces) carriers.set(name, carries(name));
    report(book.look(addressesNow(), carriers));
  });
  const followed = followCommand({
    name: "addresses",
    words: () => options.words,
    lineBytesMax: ADDRESS_LINE_MAX_BYTES,
    onLines: (lines) => report(lines.flatMap((line) => book.take(line))),
    // What changed while nobody was told.
    onStart: () => look.now(),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all([look.stop(), followed.stop()]);
    },
  };
}

function addressesNow(): AddressLook {
  return new Map(
    Object.entries(networkInterfaces()).map(([name, addresses]) => [
      name,
      (addresses ?? []).map((address) => address.address),
    ]),
  );
}

/** The kernel's word; an interface that is missing, or set down, carries nothing. */
function carries(name: string): boolean {
  try {
    return readFileSync(`/sys/class/net/${name}/carrier`, "utf8").trim() === "1";
  } catch {
    return false;
  }
}
