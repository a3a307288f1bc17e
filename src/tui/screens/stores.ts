import { type StoresHealth, storesHealth } from "../../operations/board/store-health.ts";
import { age } from "../ages.ts";
import { cell, type Line, tone } from "../lines.ts";
import { counted, sized, span } from "../marks.ts";
import type { Screen, View } from "../screen.ts";

const LABEL = 12;

export const STORES: Screen<StoresHealth> = {
  name: "stores",
  title: "Stores",
  description: "How each store answers, what it holds, and how far the relay is behind",
  everySeconds: 2,
  load: (_want, { deps, actor }) => storesHealth({ actor }, deps),
  summary: (health, view) => [
    [],
    [
      tone(
        ` ${cell("STORE", LABEL)} ${cell("HEALTH", 8)} ${cell("LATENCY", 9, "right")} ${cell("SIZE", 10, "right")}  HOLDS`,
        "dim",
      ),
    ],
    ...health.stores.map(storeLine),
    [],
    ...relayLines(health),
    ...capacityLines(health),
    ...dumpLines(health, view),
  ],
  snapshot: (health) => health,
};

function storeLine({
  store,
  answers,
  latencyMs,
  problem,
  bytes,
  things,
}: StoresHealth["stores"][number]): Line {
  const holds = things
    .map(({ name, count, orMore }) => `${counted(count)}${orMore ? " or more" : ""} ${name}`)
    .join(", ");
  const latency = latencyMs === null ? "-" : `${latencyMs.toFixed(1)} ms`;
  return [
    ` ${cell(store, LABEL)} `,
    answers ? tone(cell("● up", 8), "green") : tone(cell("○ away", 8), "red", "bold"),
    ` ${cell(latency, 9, "right")} ${cell(bytes === null ? "-" : sized(bytes), 10, "right")}  `,
    problem === null ? holds : tone(problem, "red"),
  ];
}

function relayLines({ relay }: StoresHealth): Line[] {
  if (!relay) return [labelled("relay", [tone("unknown: Aurora is away", "red")])];
  const { position, lastPosition, pending, lagSeconds, setAside } = relay;
  const behind =
    pending === 0
      ? tone("nothing pending", "green")
      : tone(
          `${counted(pending)} pending, ${lagSeconds === null ? "of a history" : `${span(lagSeconds)} behind`}`,
          "yellow",
        );
  return [
    labelled("relay", [`at ${counted(position)} of ${counted(lastPosition)}, `, behind]),
    labelled("set aside", [
      setAside === 0
        ? "nothing"
        : tone(`${counted(setAside)}: mkt status says what, mkt relay --retry tries again`, "red"),
    ]),
  ];
}

function capacityLines({ capacity }: StoresHealth): Line[] {
  if (!capacity) return [labelled("capacity", ["unknown: DynamoDB is away"])];
  const { readUnits, writeUnits, requests } = capacity;
  return [
    labelled("capacity", [
      `${counted(readUnits)} read and ${counted(writeUnits)} write units in ${counted(requests)} requests`,
    ]),
    labelled("", [tone("of this dashboard's own calls; CloudWatch has the table's", "dim")]),
  ];
}

function dumpLines({ graphDump }: StoresHealth, { now }: View): Line[] {
  if (!graphDump) return [labelled("graph dump", ["none yet: mkt dump-graph makes one"])];
  const { createdAt, vertices, edges, position } = graphDump;
  return [
    labelled("graph dump", [
      `${age(createdAt, now)} ago: ${counted(vertices)} vertices, ${counted(edges)} edges, at position ${counted(position)}`,
    ]),
  ];
}

const labelled = (label: string, rest: Line): Line => [` ${cell(label, LABEL)} `, ...rest];
