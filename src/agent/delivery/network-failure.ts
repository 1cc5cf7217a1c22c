// Why a receiver was not reached, in words for the operator. The codes are those of Node.js, libuv and OpenSSL.
// Rule: none of them is for good. A certificate is renewed, a name server comes back, and the notice is still wanted then.

import { X509Certificate } from "node:crypto";

const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused: nothing listens there",
  ECONNRESET: "the connection was cut before an answer came",
  ERR_STREAM_PREMATURE_CLOSE: "the connection was cut before an answer came",
  EPIPE: "the connection was cut before an answer came",
  ENOTFOUND: "its name cannot be resolved: there is no such name",
  EAI_AGAIN: "its name cannot be resolved: no name server answers",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to its network",
  ETIMEDOUT: "no connection: nothing came back in time",
  EACCES: "this node does not let the agent connect (EACCES)",
  EPERM: "this node does not let the agent connect (EPERM)",
  EPROTO: "TLS failed: the other end does not speak TLS, or not a version in common",
  ERR_SSL_WRONG_VERSION_NUMBER: "TLS failed: the other end does not speak TLS on this port",
  CERT_HAS_EXPIRED: "TLS failed: its certificate has ended",
  CERT_NOT_YET_VALID: "TLS failed: its certificate is not valid yet; look at this node's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS failed: its certificate is for another name",
  HPE_HEADER_OVERFLOW: "its answer has too long headers",
};

/** What OpenSSL says when no known authority has signed the certificate. */
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);

/** Says a failure by its code alone: messages of errors hold addresses, and these may hold secrets. */
export function networkFailure(code: string | undefined): string {
  if (code === undefined) return "the connection failed";
  const known = FAILURES[code];
  if (known !== undefined) return known;
  if (UNKNOWN_AUTHORITY.has(code))
    return `TLS failed: no known authority has signed its certificate (${code}); give the route its authority`;
  if (code.startsWith("HPE_")) return `its answer is not HTTP (${code})`;
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) return `TLS failed (${code})`;
  return `the connection failed (${code})`;
}

export const WRONG_AUTHORITY = "the route's authority is not a certificate in PEM: correct it in pair.yaml";

/** Whether the text is a certificate. OpenSSL takes any other text for no certificates at all, and then says that the receiver's is unknown. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The code of a thrown error, or of the first that it gathers (an address of each family has its own). */
export function codeOf(thrown: unknown): string | undefined {
  const { code, errors } = (thrown ?? {}) as { readonly code?: unknown; readonly errors?: unknown };
  if (typeof code === "string") return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : undefined;
}
