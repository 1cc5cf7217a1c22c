// lab: real hosts on this machine (systemd, sshd, HAProxy, keepalived), wired together, with back ends and a client.
export { type CleanUp, cleanUpDeadLabs } from "./clean-up.ts";
export { ensureImage, imageExists, imagePath } from "./image.ts";
export {
  freshLabName,
  type Lab,
  labDown,
  type LabOptions,
  type LabSummary,
  labUp,
  listLabs,
  openLab,
} from "./lab.ts";
export type {
  LabAddress,
  LabBackend,
  LabHostName,
  LabInterface,
  LabNode,
  LabSpec,
  Suite,
} from "./lab-spec.ts";
export { suites } from "./lab-spec.ts";
export type { SpecOptions } from "./plan-spec.ts";
export { installLine, labPrerequisites, type Missing } from "./prerequisites.ts";
export { specFromFiles } from "./spec-from-files.ts";
export { specFromPair } from "./spec-from-pair.ts";
export { withLab } from "./with-lab.ts";
