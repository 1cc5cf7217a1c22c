import { expect, it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { maskedSource } from "./masked-source.ts";

it.each([
  ["auth_pass s3cret", "auth_pass ******"],
  ['auth_pass "s3 c}ret" # old', "auth_pass *** ****** * ***"],
  ['auth_pass"s3cret"', "auth_pass********"],
  ["authentication { auth_pass s3cret }", "authentication { auth_pass ****** }"],
  ["$P=s3cret\nauth_pass $P", "$P=******\nauth_pass **"],
  ["    stats auth admin:s3cret", "    stats auth admin:******"],
  ["    user ops insecure-password s3cret", "    user ops insecure-password ******"],
])("hides the password of %j, column for column", (text, shown) => {
  const masked = maskedSource(sourceText("x.conf", text)).text;
  expect(masked).toBe(shown);
  expect(masked.length).toBe(text.length);
});
