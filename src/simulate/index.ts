// simulate: a pair in a world of faults, played to the microsecond. Pure.
export { besideText, brokenConnections, isIdle } from "./beside.ts";
export { advance, nextUs, settle } from "./clock.ts";
export { managedHabits, usualHabits } from "./habits.ts";
export { type Fault, strike } from "./happenings.ts";
export {
  holdersIn,
  type Interval,
  intervalsOf,
  type Move,
  movesIn,
  type Outcome,
  outcomesOf,
  type RouterIntervals,
  type RouterOutcome,
} from "./intervals.ts";
export type { Moment, SeenNode, SeenState } from "./moments.ts";
export { holdersOf, holdsRouter, isConnected, isServed, layoutOf } from "./network.ts";
export type { Note, Scene } from "./scene.ts";
export type {
  CheckAsks,
  Habits,
  Hearing,
  Layout,
  Site,
  ServerChecks,
  SiteAgents,
  SiteWork,
  SiteCheck,
  SiteInstance,
  SiteNode,
  SiteRouter,
} from "./site.ts";
export { rulingOn } from "./site.ts";
export { serverChecksOf, siteAgentsOf, siteWorkOf, usualServerChecks } from "./site-of-pair.ts";
export { type CheckNature, siteFromFiles, type SiteNodeInput } from "./site-from-files.ts";
export { advertDue, passOver, quietAfter, type QuietSenders } from "./quiet.ts";
export { phased, restingWorld, settledWorld } from "./settled.ts";
export { type Entry, play, rezeroed, type Run } from "./simulate.ts";
export { beginWork, isWork, type Work } from "./work.ts";
export { changedCheck, type CheckWorld, cloneWorld, darkWorld, type NodeWorld, type World } from "./world.ts";
export { NEVER } from "../vrrp/index.ts";
export { headingOf, sentenceOf, storyOf, type Told, type ToldKind } from "./story.ts";
export { eventText } from "./event-text.ts";
export { outcomeText } from "./outcome-text.ts";
export { clockText, secondsText } from "./time-words.ts";
export { timelineText, type TimelineOptions } from "./timeline-text.ts";
export { type EventForecast, forecast, type Range } from "./forecast.ts";
export { forecastText, type ScenarioForecast } from "./forecast-text.ts";
export { timedOn } from "./scenario-times.ts";
export { forecastDocument, runDocument, type RunHead } from "./run-document.ts";
export { advertsHeardPerSecond } from "./workload.ts";
