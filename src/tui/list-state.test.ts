import { expect, test } from "vitest";
import { EMPTY_LIST, following, moved, nextPage } from "./list-state.ts";

const ids = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `id-${from + index}`);

test("the selection moves as far as rows go, and stays on the screen", () => {
  const rows = ids(0, 30);
  const start = following(EMPTY_LIST, rows, 10, true);
  expect(start).toEqual({ id: "id-0", index: 0, top: 0 });
  const down = moved(start, rows, 12, 10);
  expect(down).toEqual({ id: "id-12", index: 12, top: 3 });
  expect(moved(down, rows, 1000, 10)).toEqual({ id: "id-29", index: 29, top: 20 });
  expect(moved(down, rows, -1000, 10)).toEqual({ id: "id-0", index: 0, top: 0 });
});

test("it stays on its row when rows come above it, and its row in its place once somebody scrolled", () => {
  const before = moved(following(EMPTY_LIST, ids(0, 50), 10, true), ids(0, 50), 20, 10);
  const after = following(before, ["new-1", "new-2", ...ids(0, 50)], 10, true);
  expect(after).toMatchObject({ id: "id-20", index: 22 });
  expect(after.index - after.top).toBe(before.index - before.top);
});

test("at the very top new rows are seen, as long as the selected one is", () => {
  const before = following(EMPTY_LIST, ids(0, 50), 10, true);
  expect(following(before, ["new", ...ids(0, 50)], 10, true)).toEqual({
    id: "id-0",
    index: 1,
    top: 0,
  });
  const many = Array.from({ length: 15 }, (_, index) => `new-${index}`);
  const after = following(before, [...many, ...ids(0, 50)], 10, true);
  expect(after.id).toBe("id-0");
  expect(after.index).toBeLessThan(after.top + 10);
});

test("what takes the place of a row that left is selected", () => {
  const before = moved(following(EMPTY_LIST, ids(0, 5), 10, true), ids(0, 5), 4, 10);
  expect(following(before, ids(0, 4), 10, true)).toMatchObject({ id: "id-3", index: 3 });
  expect(following(before, [], 10, true)).toEqual(EMPTY_LIST);
});

test("near an end of the loaded rows others are asked for, from a row that is on the screen", () => {
  const rows = ids(0, 240);
  const cursorOf = (row: string) => row;
  const page = { rows, hasBefore: false, hasAfter: true, total: null };
  const at = (index: number) => ({ id: rows[index] ?? null, index, top: index - 5 });
  expect(nextPage(at(100), page, cursorOf, 10)).toBeUndefined();
  expect(nextPage(at(200), page, cursorOf, 10)).toEqual({ after: "id-135" });
  const middle = { ...page, hasBefore: true, hasAfter: false };
  expect(nextPage(at(30), middle, cursorOf, 10)).toEqual({ upTo: "id-95" });
  expect(nextPage(at(200), middle, cursorOf, 10)).toBeUndefined();
});
