import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { askPassword, confirm, readAll } from "./prompt.ts";

/** Streams that say they are a terminal, and collect what is shown. */
function terminal({ stdin: isTTY = true, stderr: isShown = true } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough({ encoding: "utf8" }), {
    isTTY: isShown,
    columns: 80,
  });
  let shown = "";
  const asked = new Promise<void>((resolve) => {
    stderr.on("data", (text: string) => {
      shown += text;
      if (shown.includes("?")) resolve();
    });
  });
  return { stdin, stderr, asked, shown: () => shown };
}

describe("a password", () => {
  test("is typed, and never shown", async () => {
    const { stdin, stderr, asked, shown } = terminal();
    const answer = askPassword("Password for ana?", { stdin, stderr, input: true });
    await asked;
    for (const key of ["s", "3", "c", "r", "e", "t", "\r"]) stdin.write(key);
    expect(await answer).toBe("s3cret");
    expect(shown()).toContain("Password for ana?");
    expect(shown()).not.toMatch(/s3|cret/);
  });

  test("is not taken after Ctrl-C", async () => {
    const { stdin, stderr, asked } = terminal();
    const answer = askPassword("Password?", { stdin, stderr, input: true });
    await asked;
    stdin.write("abc\u0003");
    await expect(answer).rejects.toMatchObject({ code: "interrupted" });
  });

  test.for([
    { what: "stdin is a pipe", streams: { stdin: false }, input: true },
    { what: "the question would not be seen", streams: { stderr: false }, input: true },
    { what: "--no-input is given", streams: {}, input: false },
  ])("is not asked for when $what", async ({ streams, input }) => {
    const { stdin, stderr, shown } = terminal(streams);
    await expect(askPassword("Password?", { stdin, stderr, input })).rejects.toMatchObject({
      code: "usage",
      hint: "give it with --password-stdin or --password-file FILE",
    });
    expect(shown()).toBe("");
  });
});

describe("a confirmation", () => {
  test.for([
    { keys: "\r", what: "Enter alone", confirmed: false },
    { keys: "y", what: "y", confirmed: true },
    { keys: "n", what: "n", confirmed: false },
  ])("$what means $confirmed", async ({ keys, confirmed }) => {
    const { stdin, stderr, asked } = terminal();
    const answer = confirm("Delete everything?", { stdin, stderr, input: true, yes: false });
    await asked;
    stdin.write(keys);
    expect(await answer).toBe(confirmed);
  });

  test("ends with Ctrl-C", async () => {
    const { stdin, stderr, asked } = terminal();
    const answer = confirm("Delete everything?", { stdin, stderr, input: true, yes: false });
    await asked;
    stdin.write("\u0003");
    await expect(answer).rejects.toMatchObject({ code: "interrupted" });
  });

  test("is given by --yes without asking, and missed where nobody can be asked", async () => {
    const { stdin, stderr, shown } = terminal({ stdin: false });
    expect(await confirm("Delete?", { stdin, stderr, input: true, yes: true })).toBe(true);
    await expect(
      confirm("Delete?", { stdin, stderr, input: true, yes: false }),
    ).rejects.toMatchObject({
      code: "usage",
      message: "this wants a confirmation: Delete?",
      hint: "--yes confirms it",
    });
    expect(shown()).toBe("");
  });

  test("shows what a profile's name would do to the terminal", async () => {
    const { stdin, stderr, asked, shown } = terminal();
    const answer = confirm("Delete \u001b]0;owned\u0007?", {
      stdin,
      stderr,
      input: true,
      yes: false,
    });
    await asked;
    stdin.write("n");
    await answer;
    expect(shown()).toContain("␛]0;owned␇");
    expect(shown()).not.toContain("\u001b]0;");
  });
});

describe("all of stdin", () => {
  test("is read as UTF-8, characters that are split over chunks too", async () => {
    const [first, second] = [
      Buffer.from("contraseñ").subarray(0, 9),
      Buffer.from("contraseñ").subarray(9),
    ];
    expect(await readAll(Readable.from([first, second, "a"]), 100)).toBe("contraseña");
    expect(await readAll(Readable.from([]), 100)).toBe("");
  });

  test("has a limit in bytes", async () => {
    expect(await readAll(Readable.from(["ñ".repeat(5)]), 10)).toBe("ñ".repeat(5));
    await expect(readAll(Readable.from(["ñ".repeat(5), "x"]), 10)).rejects.toMatchObject({
      code: "invalid",
      message: "stdin has more than 10 bytes",
    });
  });

  test("is refused when it is no text", async () => {
    await expect(readAll(Readable.from([Buffer.from([0xff, 0xfe])]), 10)).rejects.toMatchObject({
      code: "invalid",
      message: "stdin is not UTF-8 text",
    });
  });
});
