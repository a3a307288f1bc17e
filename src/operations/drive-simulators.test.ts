import { test } from "vitest";
import { openDeps } from "../deps.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { resetFaults, setFaults, showSimulators } from "./drive-simulators.ts";

test("an operator says what goes wrong, a part at a time, and ends it", async (t) => {
  const { deps, user } = await testMarketplace(t);
  const actor = await user("oto", "operator");
  const first = await setFaults(
    { actor, changes: { seed: 7, lose: 0.5, decline: undefined } },
    deps,
  );
  t.expect(first).toMatchObject({ offsetMs: 0, faults: { seed: 7, lose: 0.5, decline: 0 } });
  await setFaults({ actor, changes: { delayMs: [0, 500] } }, deps);
  const shown = await showSimulators({ actor }, deps);
  t.expect(shown.faults).toMatchObject({ seed: 7, lose: 0.5, delayMs: [0, 500] });
  t.expect(shown.counts).toEqual({ payments: {}, shipping: {} });
  const { simulators } = deps;
  t.expect((await simulators.show()).shipping.faults).toEqual(shown.faults);

  for (const changes of [{ lose: 2 }, { delayMs: [2, 1] as [number, number] }, { seed: 0.5 }]) {
    await t.expect(setFaults({ actor, changes }, deps)).rejects.toMatchObject({ code: "invalid" });
  }
  await t.expect(setFaults({ actor, changes: {} }, deps)).rejects.toMatchObject({ code: "usage" });
  t.expect((await resetFaults({ actor }, deps)).faults).toMatchObject({ lose: 0, delayMs: [0, 0] });
});

test("nobody else does", async (t) => {
  const { deps, user } = await testMarketplace(t);
  const actor = await user("sara", "support", "analyst");
  const attempts = [
    showSimulators({ actor }, deps),
    setFaults({ actor, changes: { lose: 1 } }, deps),
    resetFaults({ actor }, deps),
  ];
  for (const attempt of attempts) {
    await t.expect(attempt).rejects.toMatchObject({ code: "not_allowed" });
  }
  t.expect(await deps.simulators.faults()).toMatchObject({ lose: 0 });
});

test("real providers have no such door", async (t) => {
  const { config, user } = await testMarketplace(t);
  const actor = await user("oto", "operator");
  const real = { url: "https://payments.example.com" };
  const payments = { ...config.profile.payments, endpoint: real };
  const { deps, close } = openDeps(
    { ...config, profile: { ...config.profile, payments } },
    { notice: () => undefined },
  );
  t.onTestFinished(close);
  await t
    .expect(showSimulators({ actor }, deps))
    .rejects.toMatchObject({ code: "not_allowed", message: t.expect.stringContaining("local") });
});
