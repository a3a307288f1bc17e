import { packageDirectory } from "../config.ts";

/** Gives names to what differs from run to run, and knows what they stand for. */
export interface Names {
  /** Output with names in place of ids, times, links, processes and directories. */
  shown(text: string): string;
  /** What a transcript says with the ids that its names stand for. Throws for a name of nothing. */
  real(text: string): string;
  /** A command with the names that the ids have now, where a transcript is being changed. */
  renamed(command: string): string;
  /** Learns from the output that was written down, and the one that came, which names have changed. */
  compare(written: readonly string[], came: readonly string[]): void;
}

/** What commands may refer to: numbered in the order in which each appears first. */
const NUMBERED: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID"],
  [/\beyJ[\w-]{20,}/g, "TOKEN"],
  [/\bevent-\d+\b/g, "EVENT"],
];
const NAME = /\b(?:ID|TOKEN|EVENT)\d+\b/g;

/** What differs from run to run, besides ids: how it looks, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // Of an order in `mkt watch`: how much the providers told before it may differ.
  [/^\d+(?= \d{4}-\d\d-\d\dT)|(?<="state":"\w+","position":)\d+/gm, "N"],
  [/https?:\/\/\S+?X-Amz-[^\s"]+/g, "LINK"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "TIME"],
  [/\d{4}-\d\d-\d\d \d\d:\d\d(?=\s|$)/g, "TIME"],
  [/\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\d\.\d+Z/g, "TIME"],
  [/\bSP[0-9A-F]{12}\b/g, "TRACKING"],
  [/(?<="seconds": | time=")[\d.]+/g, "SECONDS"],
  // What a scenario calls `${run}`; the ids of the help's examples begin otherwise.
  [/(?<=[- ])(?!0199c4)[0-9a-f]{8}(?=[@": ]|$)/gm, "RUN"],
  // The worker may have been faster; and it sees one or two scans of a parcel at once.
  [/(?<=^Applied )\d+|(?<= up to position )\d+/gm, "N"],
  [/(?<=^relay: ).*/gm, "N of N"],
  [/(?<=^worker: process |\(process )\d+/gm, "PID"],
];

/** A line of `mkt status`, whose columns are as wide as process numbers and sizes happen to be. */
const STORE_LINE =
  /^(?:STORE|aurora|dynamo|s3|neptune|payments|shipping) +(?:STATE|up|down|starting|failed) .*$/gm;

function storeLine(found: string): string {
  const [store, state, ...rest] = found.replace(/\d+\.\d MB/, "SIZE").split(/ {2,}/);
  return [store, state, ...rest.map((cell) => cell.replace(/^\d+$/, "PID"))].join("  ");
}

/** Names for one replay of a transcript; ids that it writes out itself keep to be seen. */
export function namesOf(
  { home, directory }: { home: string; directory: string },
  transcript: string,
): Names {
  const places = [
    [home, "HOME"],
    [directory, "HERE"],
    [packageDirectory(), "PACKAGE"],
  ] as const;
  const names = new Map<string, string>();
  const changed = new Map<string, string>();
  const numbered = (kind: string) => (found: string) => {
    if (transcript.includes(found)) return found;
    const known = [...names.values()].filter((name) => name.startsWith(kind)).length;
    const name = names.get(found) ?? `${kind}${known + 1}`;
    names.set(found, name);
    return name;
  };
  const varying = [
    ...NUMBERED.map(([like, kind]) => [like, numbered(kind)] as const),
    ...VARYING.map(([like, name]) => [like, () => name] as const),
    [STORE_LINE, storeLine] as const,
  ];
  return {
    shown: (text) => {
      let named = places.reduce((line, [path, name]) => line.replaceAll(path, name), text);
      for (const [like, name] of varying) {
        // Cells of a table keep their width.
        named = named.replaceAll(like, (found: string, at: number, whole: string) => {
          const isCell = whole.startsWith("  ", at + found.length);
          return isCell ? name(found).padEnd(found.length) : name(found);
        });
      }
      return named;
    },
    real: (text) => {
      const ids = new Map([...names].map(([id, name]) => [name, id]));
      return text.replaceAll(NAME, (name) => {
        const id = ids.get(name);
        if (id === undefined) throw new Error(`${name} stands for nothing yet in: ${text}`);
        return id;
      });
    },
    renamed: (command) => command.replaceAll(NAME, (name) => changed.get(name) ?? name),
    compare: (written, came) => {
      const [before, now] = [written, came].map((lines) => lines.join("\n").match(NAME) ?? []);
      if (!before || !now || before.length !== now.length) return;
      for (const [index, name] of before.entries()) {
        const current = now[index] ?? name;
        if (!changed.has(name)) changed.set(name, current);
      }
    },
  };
}
