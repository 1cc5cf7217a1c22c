// The look of the HTML report: one style sheet, light and dark by the reader's own setting, and fit for paper.
// Rule: colours are named once, by what they mean; kinds of failure also differ in place and words, never in colour alone.

const LIGHT = `
  --paper: #ffffff; --ground: #f6f6f3; --ink: #1b1e22; --muted: #5d646d; --line: #dcdcd6; --faint: #ecece7;
  --answered: #5c6f80; --refused: #c2412d; --reset: #c9800a; --timeout: #8a3f96; --unreachable: #6b5444; --bad-answer: #b0306a; --missed: #8b8f94;
  --away: #c2412d; --good: #1f7a4d; --bad: #b3261e; --node-0: #2f6cb5; --node-1: #1f8a78; --node-2: #7a6a1e; --node-3: #5d55a8; --two: #b3261e;`;

const DARK = `
  --paper: #16191d; --ground: #101215; --ink: #e6e8ea; --muted: #9aa3ad; --line: #343a41; --faint: #22272c;
  --answered: #93a7b8; --refused: #f0705a; --reset: #e9a93c; --timeout: #c98ad6; --unreachable: #bda48f; --bad-answer: #ee7fae; --missed: #7c828a;
  --away: #f0705a; --good: #62c595; --bad: #ff8a7d; --node-0: #6aa5ec; --node-1: #4fc3ae; --node-2: #cdbb5d; --node-3: #a8a0ee; --two: #ff8a7d;`;

/** The colours alone, for a picture that stands by itself. */
export const PALETTE_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }`;

export const PAGE_STYLE = `${PALETTE_STYLE}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1160px; margin: 0 auto; padding: 2.2rem 1.4rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.8rem 0 .7rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 0; font-weight: 650; display: inline; }
p { margin: .4rem 0; max-width: 76ch; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover, a:focus-visible { text-decoration-color: currentColor; }
.muted, .lead { color: var(--muted); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
.verdict { font-size: 1.05rem; margin: 1rem 0; }
ul { margin: .3rem 0; padding-left: 1.2rem; max-width: 96ch; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--paper); font-size: .88rem; }
caption { text-align: left; color: var(--muted); padding: 0 0 .5rem; }
th, td { padding: .36rem .5rem; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--faint); white-space: nowrap; }
thead th { font-weight: 600; border-bottom: 1px solid var(--line); }
thead tr + tr th { font-weight: 400; color: var(--muted); font-size: .85em; }
tbody th { font-weight: 400; white-space: normal; min-width: 11rem; }
.number { text-align: right; }
.first { border-left: 1px solid var(--line); padding-left: .8rem; }
.range { color: var(--muted); font-size: .82em; font-weight: 400; display: block; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .4rem 0; font-size: .92rem; }
dt { color: var(--muted); } dd { margin: 0; }
section { break-inside: auto; }
figure { margin: 0 0 .9rem; padding: .8rem 1rem .5rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; align-items: baseline; margin-bottom: .35rem; }
figcaption .fact { white-space: nowrap; }
figcaption .promise { margin-left: auto; }
figure p { font-size: .86rem; color: var(--muted); margin: .15rem 0; max-width: none; }
details { margin: -.2rem 0 .9rem; } summary { cursor: pointer; color: var(--muted); font-size: .9rem; margin-bottom: .5rem; }
svg.plot { display: block; width: 100%; min-width: 680px; height: auto; font-size: 11px; }
svg text { fill: var(--muted); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
section > .scroll svg text { stroke: var(--ground); }
svg .axis line, svg .lane { stroke: var(--line); } svg .grid { stroke: var(--faint) !important; }
svg .count { fill: var(--ink); font-weight: 600; }
svg .answered .dots { fill: none; stroke: var(--answered); stroke-width: 2.6; stroke-linecap: round; stroke-opacity: .75; }
svg .answered .dots.few { stroke-width: 4; }
svg .answered .bars { fill: none; stroke: var(--answered); stroke-width: 1.6; stroke-linecap: round; stroke-opacity: .85; }
svg .lost path { fill: var(--refused); }
svg .lost.reset path { fill: var(--reset); } svg .lost.timeout path { fill: var(--timeout); } svg .lost.unreachable path { fill: var(--unreachable); }
svg .lost.bad-answer path, svg .lost.truncated path { fill: var(--bad-answer); } svg .lost.missed path { fill: var(--missed); }
svg .outage rect { fill: var(--away); fill-opacity: .09; }
svg .outage rect.inherited { fill: var(--muted); }
svg .outage-label text { fill: var(--away); font-weight: 600; stroke-width: 6px; } svg .outage-label path { fill: none; stroke: var(--away); }
svg .outage-label .inherited text { fill: var(--muted); } svg .outage-label .inherited path { stroke: var(--muted); }
svg .event line { stroke: var(--ink); stroke-width: 1; } svg .event text { fill: var(--ink); }
svg .event.heal line { stroke: var(--good); } svg .event.heal text { fill: var(--good); }
svg .event.note line { stroke: var(--muted); stroke-dasharray: 2 3; } svg .event.note text { fill: var(--muted); }
svg .event.limit line { stroke: var(--muted); stroke-dasharray: 5 3; } svg .event.limit text { fill: var(--muted); }
svg .node-0 .holds { fill: var(--node-0); } svg .node-1 .holds { fill: var(--node-1); } svg .node-2 .holds { fill: var(--node-2); } svg .node-3 .holds { fill: var(--node-3); }
svg .unknown { fill: var(--line); fill-opacity: .6; }
svg .stretch rect { fill: none; stroke: var(--muted); stroke-dasharray: 2 2; } svg .stretch.two rect { stroke: var(--two); stroke-dasharray: none; stroke-width: 1.4; }
svg .stretch.two text { fill: var(--two); font-weight: 600; }
svg .overview .whole { fill: var(--faint); } svg .overview .away { fill: var(--away); } svg .overview .zoom { fill: var(--faint); fill-opacity: .55; }
svg .overview .frame { fill: none; stroke: var(--muted); }
svg .compare .bar { fill: var(--answered); fill-opacity: .3; } svg .compare .endless { fill: var(--away); fill-opacity: .3; }
svg .compare .run { fill: var(--answered); } svg .compare .limit { stroke: var(--ink); stroke-width: 1.5; }
svg .compare text.value { fill: var(--ink); font-weight: 600; } svg .compare text.broken { fill: var(--bad); }
@media print {
  :root { color-scheme: light; ${LIGHT} --ground: #ffffff; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; } figure { border-color: #cccccc; } svg.plot { min-width: 0; } h2 { break-after: avoid; }
}
`;
