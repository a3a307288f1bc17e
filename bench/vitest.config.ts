import { defineConfig } from "vitest/config";

/** `npm run bench [NAME]`: each prints ratios of what it compares side by side; none can fail by being slow. */
export default defineConfig({
  test: {
    include: ["bench/*.bench.ts"],
    testTimeout: 5_400_000,
    maxWorkers: 1,
    fileParallelism: false,
    disableConsoleIntercept: true,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  },
});
