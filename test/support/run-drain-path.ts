// A client of one echo connection and one download, run where the lab's clients are: measures both when told to, always on the same two connections.
// Usage: run-drain-path.ts ADDRESS. Each line on standard input begins a measurement; each gives one line of JSON.

import net from "node:net";
import { createInterface } from "node:readline";

const [address = ""] = process.argv.slice(2);
const ECHO_PORT = 7000;
const HTTP_PORT = 80;
const PINGS = 1000;
const DOWNLOAD_MS = 4000;
/** More than is read in all measurements together. */
const DOWNLOAD_BYTES = 60_000_000_000;

function connected(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port, noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

async function pingUs(socket: net.Socket): Promise<number> {
  const startedUs = performance.now() * 1000;
  const answered = new Promise((resolve) => {
    socket.once("data", resolve);
  });
  socket.write("ping\n");
  await answered;
  return performance.now() * 1000 - startedUs;
}

async function downloadBytesPerS(socket: net.Socket): Promise<number> {
  let bytes = 0;
  const count = (chunk: Buffer): void => void (bytes += chunk.length);
  socket.on("data", count);
  socket.resume();
  const startedMs = performance.now();
  await new Promise((resolve) => {
    setTimeout(resolve, DOWNLOAD_MS);
  });
  socket.pause();
  socket.off("data", count);
  return bytes / ((performance.now() - startedMs) / 1000);
}

const echo = await connected(ECHO_PORT);
const download = await connected(HTTP_PORT);
download.pause();
download.write(
  `GET /download?bytes=${DOWNLOAD_BYTES}&rate=${DOWNLOAD_BYTES} HTTP/1.1\r\nHost: ${address}\r\n\r\n`,
);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const name of createInterface({ input: process.stdin })) {
  const pings: number[] = [];
  for (let count = 0; count < PINGS; count += 1) pings.push(await pingUs(echo));
  const sorted = pings.toSorted((one, other) => one - other);
  const bytesPerS = await downloadBytesPerS(download);
  process.stdout.write(
    `${JSON.stringify({ name, medianUs: Math.round(sorted[PINGS / 2] ?? 0), p99Us: Math.round(sorted[Math.floor(PINGS * 0.99)] ?? 0), bytesPerS: Math.round(bytesPerS) })}\n`,
  );
}
echo.destroy();
download.destroy();
