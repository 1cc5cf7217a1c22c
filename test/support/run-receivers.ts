// Receivers of alerts as a process of their own, for a lab's client: what arrives is printed, a JSON line each; a line on standard input is a mood.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type Mood, startMailReceiver, startWebhookReceiver } from "./alert-receivers.ts";

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "127.0.0.1" },
    "webhook-port": { type: "string", default: "9080" },
    "mail-port": { type: "string", default: "9025" },
    key: { type: "string", default: "" },
    certificate: { type: "string", default: "" },
    user: { type: "string", default: "" },
  },
});
const { address } = values;
const print = (kind: string) => (received: object) => {
  process.stdout.write(`${JSON.stringify({ kind, ...received })}\n`);
};
const webhook = await startWebhookReceiver({
  address,
  port: Number(values["webhook-port"]),
  onReceived: print("webhook"),
});
const mail = await startMailReceiver({
  address,
  port: Number(values["mail-port"]),
  onReceived: print("mail"),
  ...(values.key === ""
    ? {}
    : { key: readFileSync(values.key, "utf8"), certificate: readFileSync(values.certificate, "utf8") }),
  ...(values.user === "" ? {} : { user: values.user, password: process.env["MAIL_PASSWORD"] ?? "" }),
});
process.stdout.write(`${JSON.stringify({ kind: "ready" })}\n`);
// Ends with its input, so that nothing is left when the test is gone.
for await (const line of createInterface({ input: process.stdin }))
  await webhook.setMood(line.trim() as Mood);
await Promise.all([webhook.stop(), mail.stop()]);
process.exit(0);
