import { Box, Text, useInput, useIsScreenReaderEnabled } from "ink";
import { memo, useCallback, useSyncExternalStore } from "react";
import type { Board } from "./board.ts";
import { frameLines } from "./frame.ts";
import { keysOf } from "./key-press.ts";
import { press } from "./keys.ts";
import { linearLines } from "./linear.ts";
import { paintLine } from "./lines.ts";

/** The dashboard: the board's lines, drawn anew when the board says so. */
export function App({ board }: { board: Board }) {
  useBoard(board);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) press(board, pressed);
  });
  const isHeard = useIsScreenReaderEnabled();
  const lines = isHeard ? linearLines(board) : frameLines(board);
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen.
        <Row key={index} text={paintLine(line, board.options.theme)} isHeard={isHeard} />
      ))}
    </Box>
  );
}

/** Renders again when the board changed. */
function useBoard(board: Board): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      board.listeners.add(listener);
      return () => void board.listeners.delete(listener);
    },
    [board],
  );
  return useSyncExternalStore(subscribe, () => board.version);
}

const Row = memo(({ text, isHeard }: { text: string; isHeard: boolean }) => (
  // An empty line is a line too.
  <Text wrap={isHeard ? "wrap" : "truncate"}>{text === "" ? " " : text}</Text>
));
