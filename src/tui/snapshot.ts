import { MktError } from "../errors.ts";
import { labelled } from "./linear.ts";
import { type Line, plain } from "./lines.ts";
import type { ListColumn, Reach, Screen, View, Want } from "./screen.ts";
import { SCREENS } from "./screens/all.ts";

/** One screen as it stands, without a terminal. */
export interface Snapshot {
  at: string;
  profile: string;
  screen: string;
  data: unknown;
}

export interface SnapshotRequest {
  /** By its name; undefined: the first one. */
  screen: string | undefined;
  /** How many rows of its list. */
  limit: number;
}

/** The screen's data as `--json` prints them, and the same as lines of text. */
export async function takeSnapshot(
  { screen: name, limit }: SnapshotRequest,
  reach: Reach,
): Promise<{ snapshot: Snapshot; text: (columns: number) => string }> {
  const screen = screenNamed(name);
  const choices = Object.fromEntries(
    (screen.choices ?? []).map((choice) => [choice.name, choice.values[0] ?? ""]),
  );
  const want: Want = { filter: "", choices, page: { from: "first", limit } };
  const data = await screen.load(want, reach);
  const { deps } = reach;
  const at = deps.now();
  return {
    snapshot: { at, profile: deps.profile.name, screen: screen.name, data: screen.snapshot(data) },
    text: (columns) => {
      const lines = screenText(screen, data, limit, { columns, now: at });
      return [`${screen.title}, ${deps.profile.name}, ${at}`, ...lines.map(trimmed)].join("\n");
    },
  };
}

/** The names that there are. */
const screenNames = (): string[] => SCREENS.map(({ name }) => name);

function screenNamed(name: string | undefined): Screen {
  const screen = name === undefined ? SCREENS[0] : SCREENS.find((one) => one.name === name);
  if (screen) return screen;
  throw new MktError("usage", `there is no screen ${name}`, {
    hint: `screens: ${screenNames().join(", ")}`,
  });
}

const trimmed = (line: Line): string => plain(line).trimEnd();

function screenText(screen: Screen, data: unknown, limit: number, view: View): Line[] {
  const { list } = screen;
  const summary = screen.summary(data, view);
  if (!list) return summary;
  const { rows, total } = list.page(data);
  if (rows.length === 0) return [...summary, [], [list.nothing]];
  const kept = rows.slice(0, limit);
  const count =
    total === null || total <= kept.length
      ? []
      : [[`showing ${kept.length} of ${total.toLocaleString("en-US")}`]];
  return [
    ...summary,
    [],
    ...kept.map((row) => [labelled(list.columns as ListColumn<unknown>[], row, view)]),
    ...count,
  ];
}
