// A notice as a message for people in a chat: Slack's Block Kit and Microsoft Teams' Adaptive Card.
// Rule: a name in a notice is never read as markup, so that it can neither call a channel nor hide a link.

import type { Severity } from "../../agent-api/index.ts";
import { facts, headline, type NoticeDocument } from "./notice-document.ts";
import { cut } from "./plain-text.ts";

/** Slack: characters of a section's text (docs.slack.dev, Block Kit, section). */
const SLACK_SECTION_LENGTH_MAX = 3000;
/** Slack: characters of one field of a section. */
const SLACK_FIELD_LENGTH_MAX = 2000;
/** Slack: fields of one section. */
const SLACK_FIELDS_MAX = 10;

const RESOLVED_COLOR = "#2eb67d";
const SLACK_COLORS: Readonly<Record<Severity, string>> = {
  info: "#36c5f0",
  warning: "#ecb22e",
  critical: "#e01e5a",
};

/** Body for an incoming webhook of Slack (and of Mattermost and Rocket.Chat, which read the same). */
export function slackBody(document: NoticeDocument): string {
  const line = `${document.pair} ${headline(document)}`;
  const details = Object.entries(document.detail).slice(0, SLACK_FIELDS_MAX);
  const about = facts(document).map(([name, value]) => `${name}: ${value}`);
  const blocks = [
    ...(document.text === ""
      ? []
      : [{ type: "section", text: slackText(document.text, SLACK_SECTION_LENGTH_MAX) }]),
    ...(details.length === 0
      ? []
      : [
          {
            type: "section",
            fields: details.map(([name, value]) => slackText(`${name}: ${value}`, SLACK_FIELD_LENGTH_MAX)),
          },
        ]),
    { type: "context", elements: [slackText(about.join(" \u00b7 "), SLACK_FIELD_LENGTH_MAX)] },
  ];
  // A colour can only be had from an attachment; `text` is what stands above it and in notifications.
  const color = document.phase === "resolved" ? RESOLVED_COLOR : SLACK_COLORS[document.severity];
  return JSON.stringify({
    text: slackEscaped(line, SLACK_SECTION_LENGTH_MAX),
    attachments: [{ color, fallback: slackEscaped(line, SLACK_SECTION_LENGTH_MAX), blocks }],
  });
}

function slackText(text: string, most: number): object {
  // verbatim: names are not turned into links or mentions.
  return { type: "mrkdwn", verbatim: true, text: slackEscaped(text, most) };
}

/** Escaped as Slack asks; the limit counts the escaped text, so more is cut until it fits. */
function slackEscaped(text: string, most: number): string {
  let room = most;
  for (;;) {
    const escaped = cut(text, room).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    if (escaped.length <= most) return escaped;
    // An escape is at most five characters for one: this ends after a few rounds.
    room = Math.floor(room * 0.7);
  }
}

/** Characters of the text: a message of Teams has at most 28 KB, and others have seen it refuse more than 21. */
const TEAMS_TEXT_LENGTH_MAX = 1500;
const TEAMS_FACTS_MAX = 14;
const TEAMS_FACT_LENGTH_MAX = 150;

const TEAMS_STYLES: Readonly<Record<Severity, string>> = {
  info: "accent",
  warning: "warning",
  critical: "attention",
};

/** Body for a workflow of Microsoft Teams that is begun by a webhook request. */
export function teamsBody(document: NoticeDocument): string {
  const block = (text: string, more: object = {}): object => ({
    type: "TextBlock",
    text: teamsText(text),
    wrap: true,
    ...more,
  });
  const shown = [...facts(document), ...Object.entries(document.detail)].slice(0, TEAMS_FACTS_MAX);
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body: [
      {
        type: "Container",
        style: document.phase === "resolved" ? "good" : TEAMS_STYLES[document.severity],
        bleed: true,
        items: [block(`${document.pair} ${headline(document)}`, { weight: "Bolder", size: "Medium" })],
      },
      ...(document.text === "" ? [] : [block(cut(document.text, TEAMS_TEXT_LENGTH_MAX))]),
      {
        type: "FactSet",
        facts: shown.map(([name, value]) => ({
          title: teamsText(name),
          value: teamsText(cut(value, TEAMS_FACT_LENGTH_MAX)),
        })),
      },
    ],
  };
  return JSON.stringify({
    type: "message",
    attachments: [
      { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card },
    ],
  });
}

/** A line end is a paragraph's end in the Markdown of a card, and `](` is what makes a link there. */
function teamsText(text: string): string {
  return text.replaceAll(/\n+/g, "\n\n").replaceAll("](", "] (");
}
