// The pair's file knows the agent's conditions by name; model lies below the agent's words, so the two lists are compared here.

import { expect, it } from "vitest";
import { conditionCodes } from "../agent-api/index.ts";
import { alertConditions } from "../model/index.ts";

it("are the same in the pair's file and in the agent", () => {
  expect(alertConditions).toEqual(conditionCodes);
});
