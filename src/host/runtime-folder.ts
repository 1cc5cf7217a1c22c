// The folder of the sockets that shared ssh connections have: this user's alone, and its path short enough for a socket.
import { lstatSync, mkdirSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { HapairError, messageOf } from "../base/index.ts";

/** struct sockaddr_un holds 108 bytes on Linux and 104 on BSD and macOS, one of them the closing NUL. */
const SOCKET_PATH_MAX_BYTES = 103;

/** ssh binds PATH.XXXXXXXXXXXXXXXX first and then renames it. */
const SSH_SUFFIX_BYTES = 17;

/** Only its owner may go in: whoever reaches the socket is logged in on the node. */
const FOLDER_MODE = 0o700;

export interface RuntimeSurroundings {
  readonly userId: number;
  readonly homeFolder: string;
  /** $XDG_RUNTIME_DIR */
  readonly sessionFolder: string | undefined;
}

/** The folders tried, best first. `/run/hapair` itself belongs to the files keepalived watches, so ours has another name. */
export function runtimeFolderCandidates({
  userId,
  homeFolder,
  sessionFolder,
}: RuntimeSurroundings): readonly string[] {
  return [
    ...(sessionFolder === undefined || sessionFolder === "" ? [] : [join(sessionFolder, "hapair-ssh")]),
    ...(userId === 0 ? ["/run/hapair-ssh"] : []),
    join(homeFolder, ".cache", "hapair-ssh"),
    `/tmp/hapair-ssh-${userId}`,
  ];
}

/**
 * A folder of mode 0700 that belongs to this user, made if need be, in which a socket of `nameBytes` still fits.
 * Throws a HapairError (`host-runtime-folder`) when there is none.
 */
export function runtimeFolder(nameBytes: number, chosen?: string): string {
  const { uid } = userInfo();
  const candidates =
    chosen === undefined
      ? runtimeFolderCandidates({
          userId: uid,
          homeFolder: homedir(),
          sessionFolder: process.env["XDG_RUNTIME_DIR"],
        })
      : [chosen];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const reason = socketFits(candidate, nameBytes)
      ? claimFolder(candidate, uid)
      : "its path is too long for a socket";
    if (reason === undefined) return candidate;
    reasons.push(`${candidate}: ${reason}`);
  }
  throw new HapairError({
    kind: "unreachable",
    code: "host-runtime-folder",
    message: `no folder for ssh's sockets (${reasons.join("; ")})`,
    hint: "set XDG_RUNTIME_DIR to a folder that belongs to you, mode 0700, with a short path",
  });
}

/** Whether ssh can bind a socket with a name of that length in the folder. */
export function socketFits(folder: string, nameBytes: number): boolean {
  return Buffer.byteLength(folder) + 1 + nameBytes + SSH_SUFFIX_BYTES <= SOCKET_PATH_MAX_BYTES;
}

/** undefined when the folder is ours now; otherwise why not. A symbolic link or a folder of somebody else could hand our logins to them. */
function claimFolder(folder: string, userId: number): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) return "not a folder";
    if (stat.uid !== userId) return "belongs to another user";
    if ((stat.mode & 0o077) !== 0) return "others may go in";
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
