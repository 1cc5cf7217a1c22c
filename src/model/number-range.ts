// Numbers against the table of parameters: outside keepalived's range is refused, outside the page's is warned of.
// Rule: both checks read the same table that `hapair explain` prints.

import type { Span } from "../diagnostics/index.ts";
import { fieldAt, type Path, pathText } from "./fields.ts";
import type { Finding } from "./findings.ts";
import { judgeNumber, type Parameter, type ParameterName, parameterTable } from "./parameters.ts";

const parameterOfKey: Readonly<Record<string, ParameterName>> = {
  id: "virtual_router_id",
  advert_int: "advert_int",
  interval: "interval",
  fall: "fall",
  rise: "rise",
};

/** The page's parameter that the key at `path` sets, if it is one of numbers. */
function parameterAt(path: Path): Parameter | undefined {
  const key = String(path.at(-1) ?? "");
  const isNumber = path[0] === "vrrp" || path[0] === "routers" || path[0] === "check";
  const name = isNumber && Object.hasOwn(parameterOfKey, key) ? parameterOfKey[key] : undefined;
  return name === undefined ? undefined : parameterTable[name];
}

/** A number keepalived (or hapair) would not take as it is. */
export function outOfRangeFinding(span: Span | undefined, path: Path, value: number): Finding {
  const parameter = parameterAt(path);
  const field = fieldAt(path);
  const advice = field?.example ?? "a number in the range";
  if (parameter === undefined) {
    return {
      code: "HP015",
      span,
      message: `${pathText(path)} is ${value}: ${field?.wanted ?? "another number"} is wanted`,
      advice,
    };
  }
  return {
    code: "HP015",
    span,
    message: `${pathText(path)} is ${value}: keepalived takes ${parameter.keepalived.accepts}`,
    consequence: `keepalived: ${parameter.keepalived.otherwise}`,
    advice,
  };
}

const consequences: Readonly<Partial<Record<ParameterName, (value: number) => string>>> = {
  advert_int: (value) =>
    value < 1
      ? `a standby that hears nothing for 3 × ${value} s takes over: short hiccups of the network or the node move the address`
      : `a node that dies is replaced after 3 × ${value} s and a skew`,
  interval: (value) => `a fault of HAProxy is noticed after up to fall × ${value} s`,
  fall: (value) => `${value} checks in a row must fail before the address moves`,
  rise: (value) => `a node that was down counts as up again after ${value} good checks in a row`,
};

function consequenceOf(name: ParameterName, value: number): { consequence?: string } {
  const consequence = consequences[name]?.(value);
  return consequence === undefined ? {} : { consequence };
}

/** The warning for a number that keepalived takes and the page does not; undefined where the page is content. */
export function outsideAcceptableFinding(
  span: Span | undefined,
  path: Path,
  value: number,
): Finding | undefined {
  const parameter = parameterAt(path);
  if (parameter === undefined || judgeNumber(parameter, value) !== "outside-acceptable") return undefined;
  return {
    code: "HP205",
    span,
    message: `${pathText(path)} is ${value}: keepalived takes it, the page's acceptable range is ${parameter.page.acceptable} (recommended ${parameter.page.recommended})`,
    ...consequenceOf(parameter.name, value),
    advice: fieldAt(path)?.example ?? `a value of ${parameter.page.acceptable}`,
  };
}
