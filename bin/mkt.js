#!/usr/bin/env node
// Loads the bundle and sets the exit code; everything else is in src/main.ts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
process.env.NODE_ENV ??= "production";
const { main } = await import("../dist/main.js");
process.exitCode = await main(process.argv.slice(2));
