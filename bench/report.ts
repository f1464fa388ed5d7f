import { table } from "../cli/summary";
import type { EngineRun } from "./engine-run";
import { cpuMs, overRounds, perResource, usageByRole } from "./figures";
import type { Figures, Machine } from "./figures";
import type { Round } from "./measure";
import { median } from "./statistics";
import type { Phases } from "./timeline";

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const times = (ratio: number): string => `${ratio.toFixed(2)}x`;
const percent = (part: number): string => `${(part * 100).toFixed(0)} %`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function machineLines(before: Machine, after: Machine): string[] {
  return [
    `${before.date}, ${before.cores} cores, ${(before.memoryBytes / 2 ** 30).toFixed(0)} GiB, Node ${before.node}`,
    `load average ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after: ratios are of runs next to one another, CPU time is what a busy machine distorts least`,
  ];
}

/** One comparison: wall and CPU time, both as the median over rounds of the ratio within a round. */
function ratio(name: string, rounds: readonly Round[], of: (round: Round) => EngineRun, to: (round: Round) => EngineRun): string[] {
  return [name, times(overRounds(rounds, (round) => of(round).wallMs / to(round).wallMs)), times(overRounds(rounds, (round) => cpuMs(of(round)) / cpuMs(to(round))))];
}

function ratioLines(rounds: readonly Round[]): string[] {
  return table([
    ["RATIO", "TIME", "CPU"],
    ratio("preview without change / floor", rounds, ({ preview }) => preview.stack, ({ preview }) => preview.floor),
    ratio("the same without policy packs / floor", rounds, ({ preview }) => preview.withoutPacks, ({ preview }) => preview.floor),
    ratio("up from nothing / up of the floor", rounds, ({ up }) => up.stack, ({ up }) => up.floor),
    ["up from nothing / kubectl apply until ready", times(overRounds(rounds, ({ up, kubectl }) => up.stack.wallMs / kubectl.readyMs)), "-"],
    ["up of the floor / kubectl apply alone", times(overRounds(rounds, ({ up, kubectl }) => up.floor.wallMs / kubectl.applyMs)), "-"],
    ["up without waiting / kubectl apply alone", times(overRounds(rounds, ({ up, kubectl }) => up.withoutAwait.wallMs / kubectl.applyMs)), "-"],
  ]);
}

function timeLines(rounds: readonly Round[]): string[] {
  const engine = (name: string, of: (round: Round) => EngineRun): string[] => {
    const walls = rounds.map((round) => of(round).wallMs);
    return [name, seconds(median(walls)), `${seconds(Math.min(...walls))} to ${seconds(Math.max(...walls))}`, seconds(overRounds(rounds, (round) => cpuMs(of(round))))];
  };
  const kubectl = (name: string, of: (round: Round) => number): string[] => {
    const walls = rounds.map(of);
    return [name, seconds(median(walls)), `${seconds(Math.min(...walls))} to ${seconds(Math.max(...walls))}`, "-"];
  };
  return table([
    ["TIME", "MEDIAN", "RANGE", "CPU"],
    engine("preview without change", ({ preview }) => preview.stack),
    engine("preview without packs", ({ preview }) => preview.withoutPacks),
    engine("preview of the floor", ({ preview }) => preview.floor),
    engine("up from nothing", ({ up }) => up.stack),
    engine("up without waiting", ({ up }) => up.withoutAwait),
    engine("up with its state written once", ({ up }) => up.withoutCheckpoints),
    engine("up of the floor", ({ up }) => up.floor),
    kubectl("kubectl apply", ({ kubectl: { applyMs } }) => applyMs),
    kubectl("kubectl apply until ready", ({ kubectl: { readyMs } }) => readyMs),
  ]);
}

function phaseLines(rounds: readonly Round[]): string[] {
  const row = (name: string, phase: keyof Phases): string[] => {
    const of = (run: (round: Round) => EngineRun): string =>
      `${seconds(overRounds(rounds, (round) => run(round).phases[phase]))} (${percent(overRounds(rounds, (round) => run(round).phases[phase] / run(round).wallMs))})`;
    return [name, of(({ preview }) => preview.stack), of(({ preview }) => preview.floor), of(({ up }) => up.stack)];
  };
  const packs = ({ preview }: Round): number => (preview.stack.wallMs - preview.withoutPacks.wallMs) / preview.stack.wallMs;
  const awaited = ({ up }: Round): number => (up.stack.wallMs - up.withoutAwait.wallMs) / up.stack.wallMs;
  const written = ({ up }: Round): number => (up.stack.wallMs - up.withoutCheckpoints.wallMs) / up.stack.wallMs;
  return [
    ...table([
      ["PHASE", "PREVIEW", "FLOOR'S", "UP"],
      row("engine and packs start", "engineStartMs"),
      row("program until its first resource", "programStartMs"),
      row("resources", "resourcesMs"),
      row("closing", "closingMs"),
    ]),
    `policy packs: ${percent(overRounds(rounds, packs))} of a preview (with them less without them)`,
    `waiting for objects: ${percent(overRounds(rounds, awaited))} of an up (with it less with every object's skipAwait)`,
    `writing the state after every step: ${percent(overRounds(rounds, written))} of an up (with it less with one write at the end, which a killed update would lose)`,
  ];
}

function usageLines(rounds: readonly Round[]): string[] {
  const stack = usageByRole(rounds.map(({ preview }) => preview.stack));
  const floor = usageByRole(rounds.map(({ preview }) => preview.floor));
  const up = usageByRole(rounds.map((round) => round.up.stack));
  const names = [...new Set([...stack.keys(), ...floor.keys(), ...up.keys()])];
  const cell = (usage: { readonly cpuMs: number; readonly peakBytes: number } | undefined): string => (usage === undefined ? "-" : `${seconds(usage.cpuMs)}, ${mebibytes(usage.peakBytes)}`);
  return table([["PART: CPU, PEAK MEMORY", "PREVIEW", "FLOOR'S", "UP"], ...names.map((name) => [name, cell(stack.get(name)), cell(floor.get(name)), cell(up.get(name))])]);
}

function growthLines({ growth }: Figures): string[] {
  if (growth.length === 0) return ["growth was left out"];
  const rows = growth.map(({ services, up, previews }) => [
    String(services),
    String(up.resources),
    seconds(median(previews.map(({ wallMs }) => wallMs))),
    seconds(median(previews.map(cpuMs))),
    seconds(up.wallMs),
    seconds(cpuMs(up)),
    mebibytes(usageByRole(previews).get("program")?.peakBytes ?? 0),
  ]);
  const cost = (name: string, ms: number | undefined): string => `${name} ${ms === undefined ? "unknown from one size" : `${ms.toFixed(1)} ms`}`;
  const slopes = [
    cost("preview", perResource(growth, ({ previews }) => median(previews.map(({ wallMs }) => wallMs)))),
    cost("its CPU", perResource(growth, ({ previews }) => median(previews.map(cpuMs)))),
    cost("up", perResource(growth, ({ up }) => up.wallMs)),
    cost("its CPU", perResource(growth, ({ up }) => cpuMs(up))),
  ];
  return [...table([["SERVICES", "RESOURCES", "PREVIEW", "CPU", "UP", "CPU", "PROGRAM'S MEMORY"], ...rows]), `one more resource: ${slopes.join(", ")}`];
}

/** The figures for people: what they were measured on, ratios, times, where they go, growth. */
export function renderReport(figures: Figures): string[] {
  const { rounds, before, after } = figures;
  return [
    ...machineLines(before, after),
    `stack local: ${rounds[0]?.preview.stack.resources ?? 0} resources; the floor as many ConfigMaps; medians of ${rounds.length}`,
    "",
    ...ratioLines(rounds),
    "",
    ...timeLines(rounds),
    "",
    ...phaseLines(rounds),
    "",
    ...usageLines(rounds),
    "",
    ...growthLines(figures),
  ];
}
