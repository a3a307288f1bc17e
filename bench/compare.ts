/** Seconds that some work takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** Prints how ours did beside the peer, at what count of things, and the ratio: above 1, ours was faster. */
export function report(
  what: string,
  { count, unit, ours, peer }: { count: number; unit: string; ours: number; peer: number },
): void {
  const rate = (time: number) => `${Math.round(count / time).toLocaleString("en")} ${unit}/s`;
  process.stdout.write(
    `${what}: ours ${ours.toFixed(1)} s (${rate(ours)}), peer ${peer.toFixed(1)} s (${rate(peer)}), ` +
      `ratio ${(peer / ours).toFixed(2)}\n`,
  );
}
