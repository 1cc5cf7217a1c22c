// Tests of what a machine without a lab's prerequisites is told.
import { expect, test } from "vitest";
import { installLine, labPrerequisites } from "./prerequisites.ts";

test("the line installs each package once, and there is none where no package helps", () => {
  const missing = [
    { what: "root: namespaces and mounts need it" },
    { what: "the program unshare", package: "util-linux" },
    { what: "the program ip", package: "iproute2" },
    { what: "the program flock", package: "util-linux" },
  ];
  expect(installLine(missing)).toBe("apt-get install --yes iproute2 util-linux");
  expect(installLine(missing.slice(0, 1))).toBeUndefined();
  expect(installLine([])).toBeUndefined();
});

test("on a machine without the programs, each is named with its package", async () => {
  const missing = await labPrerequisites(["/nowhere"]);
  const isLinux = process.platform === "linux";
  expect(missing.some(({ what }) => what.includes("systemd-nspawn"))).toBe(isLinux);
  expect(missing.some(({ what }) => what.startsWith("Linux"))).toBe(!isLinux);
  if (isLinux)
    expect(installLine(missing)).toContain("mmdebstrap openssh-client systemd-container util-linux");
});
