// Which secrets and files the agent's part of a pair refers to, each by its place in the file. Who resolves them and who renders them use the same names.

import type { AgentOptions, AlertRouteOptions, Concealable, SecretReference } from "./pair.ts";

export interface AgentSecret {
  /** Its place: `agent.key`, `alerts.routes.ops.smtp.password`. */
  readonly name: string;
  readonly reference: SecretReference;
}

/** Agents sign with their key, and who could guess it could make a node give its address up. */
export const AGENT_KEY_LENGTH_MIN = 16;

/** Every reference to a secret, the key first. */
export function agentSecrets(agent: AgentOptions): AgentSecret[] {
  return [{ name: "agent.key", reference: agent.key }, ...agent.alerts.routes.flatMap(routeSecrets)];
}

function routeSecrets(route: AlertRouteOptions): AgentSecret[] {
  const { target } = route;
  const named = (key: string, reference: SecretReference | undefined): AgentSecret[] =>
    reference === undefined ? [] : [{ name: `alerts.routes.${route.name}.${key}`, reference }];
  const concealed = (key: string, value: Concealable): AgentSecret[] =>
    value.kind === "secret" ? named(key, value.reference) : [];
  switch (target.kind) {
    case "smtp":
      return named("smtp.password", target.password);
    case "sendmail":
      return [];
    case "webhook":
      return [
        ...concealed("webhook", target.url),
        ...named("secret", target.secret),
        ...[...target.headers].flatMap(([name, value]) => concealed(`headers.${name}`, value)),
      ];
    case "pagerduty":
      return named("pagerduty", target.routingKey);
    case "slack":
    case "teams":
    case "alertmanager":
      return concealed(target.kind, target.url);
  }
}

/** Paths, relative to the pair file, of the templates and authorities that routes name; each once. */
export function agentTextFiles(agent: AgentOptions): string[] {
  const paths = agent.alerts.routes.flatMap(({ target }) => [
    ...("template" in target && target.template !== undefined ? [target.template] : []),
    ...("authority" in target && target.authority !== undefined ? [target.authority] : []),
  ]);
  return [...new Set(paths)];
}
