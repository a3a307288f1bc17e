// Runs the command lines that its parent sends, one at a time, as the program would; ends with its parent.
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";

const { main } = await import(process.argv[2]);

process.on("message", async (argv) => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const [stdout, stderr] = [text(out), text(err)];
  const streams = { stdin: Readable.from([""]), stdout: out, stderr: err, env: process.env };
  const exitCode = await main(argv, streams);
  out.end();
  err.end();
  process.send({ exitCode, stdout: await stdout, stderr: await stderr });
});
