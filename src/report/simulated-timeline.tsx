// A simulated run as a picture: a lane for each node (keepalived's state, who has the addresses, HAProxy), one for the clients, and the events above them.
// Rule: an SVG file that stands by itself, light and dark; everything it shows in colour it also says in words.

import { scaleLinear } from "d3-scale";
import type { JSX } from "preact";
import { renderToStaticMarkup } from "preact-render-to-string";
import {
  eventText,
  headingOf,
  type Interval,
  intervalsOf,
  type Moment,
  outcomesOf,
  outcomeText,
  type Run,
  secondsText,
  type Site,
} from "../simulate/index.ts";
import { PALETTE_STYLE } from "./page-style.ts";
import { pixel, type Scale } from "./probe-marks.ts";

const WIDTH = 1160;
const LEFT = 140;
const RIGHT = 1140;
const HEAD = 44;
const EVENT_ROW = 15;
const STATE = 17;
const HAPROXY = 5;
const ROW_GAP = 3;
const LANE_GAP = 14;
const AXIS = 24;
const LETTER = 6.2;
const TICKS = 10;

/** The picture as the text of an SVG file. */
export function renderSimulatedTimeline(name: string, run: Run): string {
  return `${renderToStaticMarkup(<Timeline name={name} run={run} />)}\n`;
}

function Timeline({ name, run }: { readonly name: string; readonly run: Run }): JSX.Element {
  const { site, scenario } = run;
  const scale = scaleLinear().domain([0, scenario.lengthUs]).range([LEFT, RIGHT]);
  const x: Scale = (atUs) => scale(atUs);
  const top = HEAD + scenario.events.length * EVENT_ROW + 8;
  const nodeHeight = site.routers.length * (STATE + ROW_GAP) + HAPROXY + LANE_GAP;
  const clientsTop = top + site.nodes.length * nodeHeight;
  const bottom = clientsTop + site.routers.length * (STATE + ROW_GAP);
  const drawn: Drawn = { run, x, endUs: scenario.lengthUs };
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${bottom + AXIS + 6}`}
      role="img"
      aria-label={`${name}, ${scenario.name}`}
    >
      <title>{`${name}: ${headingOf(scenario)}`}</title>
      <desc>{describe(run)}</desc>
      <style>{`${PALETTE_STYLE}${STYLE}`}</style>
      <rect class="paper" width={WIDTH} height={bottom + AXIS + 6} />
      <text class="heading" x={16} y={24}>
        {name}
      </text>
      <text x={16} y={40}>
        {headingOf(scenario)}
      </text>
      <Axis x={x} ticks={scale.ticks(TICKS)} top={top - 4} bottom={bottom} />
      <OutageBands drawn={drawn} top={top - 4} bottom={bottom} />
      {site.nodes.map((_node, node) => (
        <NodeLane key={node} drawn={drawn} node={node} top={top + node * nodeHeight} />
      ))}
      <ClientLane drawn={drawn} top={clientsTop} />
      <Events run={run} x={x} bottom={bottom} />
    </svg>
  );
}

interface Drawn {
  readonly run: Run;
  readonly x: Scale;
  readonly endUs: number;
}

const STYLE = `
text { font: 11px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--muted); }
.heading { font-size: 14px; font-weight: 650; fill: var(--ink); } .name { fill: var(--ink); font-weight: 600; }
.paper { fill: var(--paper); } .grid { stroke: var(--faint); }
.state { fill: var(--faint); } .state.FAULT { fill: var(--bad); fill-opacity: .22; } .state.gone { fill: none; stroke: var(--line); stroke-dasharray: 2 3; }
.node-0 .holds { fill: var(--node-0); } .node-1 .holds { fill: var(--node-1); } .node-2 .holds { fill: var(--node-2); } .node-3 .holds { fill: var(--node-3); }
.word { fill: var(--ink); } .word.held { fill: var(--paper); font-weight: 600; }
.up { fill: var(--answered); } .hung { fill: var(--reset); } .down { fill: var(--refused); } .off { fill: var(--line); }
.answered { fill: var(--answered); fill-opacity: .45; } .away { fill: var(--away); } .band { fill: var(--away); fill-opacity: .09; }
.outage { fill: var(--away); font-weight: 600; } .two { fill: none; stroke: var(--two); stroke-width: 1.4; }
.event line { stroke: var(--ink); } .event text { fill: var(--ink); }
.event text, .outage, .word { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; } .word.held, .word.plain { stroke: none; }
`;

function describe(run: Run): string {
  return outcomesOf(run)
    .flatMap(({ event, atUs, routers }) =>
      routers.map(
        (outcome) =>
          `${secondsText(atUs)}, ${eventText(run.scenario.events[event]!.action)}: ${outcomeText(run.site, outcome)}.`,
      ),
    )
    .join(" ");
}

function Axis(props: {
  readonly x: Scale;
  readonly ticks: readonly number[];
  readonly top: number;
  readonly bottom: number;
}): JSX.Element {
  const { x, ticks, top, bottom } = props;
  return (
    <g>
      {ticks.map((atUs) => (
        <g key={atUs}>
          <line class="grid" x1={pixel(x(atUs))} x2={pixel(x(atUs))} y1={top} y2={bottom + 4} />
          <text x={pixel(x(atUs))} y={bottom + 17} text-anchor="middle">
            {secondsText(atUs)}
          </text>
        </g>
      ))}
    </g>
  );
}

interface Segment<Value> extends Interval {
  readonly value: Value;
}

/** The stretches in which one thing stays as it is. */
function segments<Value>({ run, endUs }: Drawn, valueOf: (moment: Moment) => Value): Segment<Value>[] {
  const found: Segment<Value>[] = [];
  for (const [index, moment] of run.moments.entries()) {
    const value = valueOf(moment);
    const toUs = Math.min(endUs, run.moments[index + 1]?.atUs ?? endUs);
    const last = found.at(-1);
    if (last !== undefined && last.value === value) found[found.length - 1] = { ...last, toUs };
    else if (toUs > moment.atUs) found.push({ fromUs: moment.atUs, toUs, value });
  }
  return found;
}

interface BarProps {
  readonly interval: Interval;
  readonly drawn: Drawn;
  readonly y: number;
  readonly height: number;
  readonly look: string;
}

function Bar({ interval, drawn: { x }, y, height, look }: BarProps): JSX.Element {
  const [from, to] = [x(interval.fromUs), x(interval.toUs)];
  return (
    <rect class={look} x={pixel(from)} y={y} width={pixel(Math.max(1, to - from))} height={height} rx={2} />
  );
}

interface LaneProps {
  readonly drawn: Drawn;
  readonly top: number;
}

function NodeLane({ drawn, node, top }: LaneProps & { readonly node: number }): JSX.Element {
  const { site } = drawn.run;
  const several = site.routers.length > 1;
  const haproxyTop = top + site.routers.length * (STATE + ROW_GAP);
  return (
    <g class={`node-${node % 4}`}>
      <text class="name" x={16} y={top + 12}>
        {site.nodes[node]!.name}
      </text>
      {site.routers.map(({ name }, router) => {
        const y = top + router * (STATE + ROW_GAP);
        return (
          <g key={name}>
            {several && (
              <text x={LEFT - 8} y={y + 12} text-anchor="end">
                {name}
              </text>
            )}
            <States drawn={drawn} node={node} router={router} y={y} />
          </g>
        );
      })}
      <text x={LEFT - 8} y={haproxyTop + 7} text-anchor="end">
        HAProxy
      </text>
      {segments(drawn, ({ nodes }) => nodes[node]!.haproxy).map((segment) => (
        <Bar
          key={segment.fromUs}
          interval={segment}
          drawn={drawn}
          y={haproxyTop}
          height={HAPROXY}
          look={segment.value}
        />
      ))}
    </g>
  );
}

const WITH_STATE: ReadonlySet<string> = new Set(["INIT", "BACKUP", "MASTER", "FAULT"]);

function States(props: {
  readonly drawn: Drawn;
  readonly node: number;
  readonly router: number;
  readonly y: number;
}): JSX.Element {
  const { drawn, node, router, y } = props;
  const states = segments(drawn, ({ nodes }) => nodes[node]!.states[router]!);
  const held = segments(drawn, ({ nodes }) => nodes[node]!.holds[router]!).filter(({ value }) => value);
  const isHeld = ({ fromUs }: Interval): boolean =>
    held.some((one) => one.fromUs <= fromUs && one.toUs > fromUs);
  return (
    <g>
      {states.map((segment) => (
        <Bar
          key={segment.fromUs}
          interval={segment}
          drawn={drawn}
          y={y}
          height={STATE}
          look={WITH_STATE.has(segment.value) ? `state ${segment.value}` : "state gone"}
        />
      ))}
      {held.map((segment) => (
        <Bar key={segment.fromUs} interval={segment} drawn={drawn} y={y} height={STATE} look="holds" />
      ))}
      {states.map((segment) => (
        <Word key={segment.fromUs} drawn={drawn} segment={segment} y={y} held={isHeld(segment)} />
      ))}
    </g>
  );
}

/** The state's name where there is room for it. */
function Word(props: {
  readonly drawn: Drawn;
  readonly segment: Segment<string>;
  readonly y: number;
  readonly held: boolean;
}): JSX.Element | null {
  const { drawn, segment, y, held } = props;
  const from = drawn.x(segment.fromUs);
  if (drawn.x(segment.toUs) - from < segment.value.length * LETTER + 10) return null;
  return (
    <text class={held ? "word held" : "word plain"} x={pixel(from + 5)} y={y + 12}>
      {segment.value}
    </text>
  );
}

function ClientLane({ drawn, top }: LaneProps): JSX.Element {
  const { site } = drawn.run;
  const several = site.routers.length > 1;
  return (
    <g>
      <text class="name" x={16} y={top + 12}>
        clients
      </text>
      {intervalsOf(drawn.run).map(({ router, outages, twoHolders }) => {
        const y = top + router * (STATE + ROW_GAP);
        return (
          <g key={router}>
            {several && (
              <text x={LEFT - 8} y={y + 12} text-anchor="end">
                {site.routers[router]!.name}
              </text>
            )}
            {segments(drawn, ({ served }) => served[router]!).map((segment) => (
              <Bar
                key={segment.fromUs}
                interval={segment}
                drawn={drawn}
                y={y}
                height={STATE}
                look={segment.value ? "answered" : "away"}
              />
            ))}
            {outages.map((outage) => (
              <text key={outage.fromUs} class="outage" x={pixel(drawn.x(outage.toUs) + 4)} y={y + 12}>
                {`no answer for ${secondsText(outage.toUs - outage.fromUs)}`}
              </text>
            ))}
            {twoHolders.map((two) => (
              <g key={two.fromUs}>
                <Bar interval={two} drawn={drawn} y={y} height={STATE} look="two" />
                <text class="outage" x={pixel(drawn.x(two.fromUs) + 4)} y={y + 12}>
                  {`two holders for ${secondsText(two.toUs - two.fromUs)}`}
                </text>
              </g>
            ))}
          </g>
        );
      })}
    </g>
  );
}

function OutageBands({ drawn, top, bottom }: LaneProps & { readonly bottom: number }): JSX.Element {
  return (
    <g>
      {intervalsOf(drawn.run).flatMap(({ router, outages }) =>
        outages.map((outage) => (
          <Bar
            key={`${router} ${outage.fromUs}`}
            interval={outage}
            drawn={drawn}
            y={top}
            height={bottom - top}
            look="band"
          />
        )),
      )}
    </g>
  );
}

function Events(props: { readonly run: Run; readonly x: Scale; readonly bottom: number }): JSX.Element {
  const { run, x, bottom } = props;
  return (
    <g>
      {outcomesOf(run).map(({ event, atUs, nodes }, row) => {
        const text = `${namesOf(run.site, nodes)}: ${eventText(run.scenario.events[event]!.action)}`;
        const y = HEAD + row * EVENT_ROW;
        const fits = x(atUs) + text.length * LETTER < WIDTH - 8;
        return (
          <g class="event" key={event}>
            <line x1={pixel(x(atUs))} x2={pixel(x(atUs))} y1={y + 4} y2={bottom} />
            <text x={pixel(x(atUs) + (fits ? 4 : -4))} y={y + 13} text-anchor={fits ? "start" : "end"}>
              {text}
            </text>
          </g>
        );
      })}
    </g>
  );
}

function namesOf({ nodes: all }: Site, nodes: readonly number[]): string {
  return nodes.map((node) => all[node]!.name).join(", ");
}
